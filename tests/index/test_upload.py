import hashlib
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import upload
from index.distributions import Dist, Members, fields, metadata, sdist, wheel


def read(dist: Dist, **over: str | None) -> upload.Upload:
    return upload.read(fields(dist, over), dist.filename, io.BytesIO(dist.content))


def test_a_right_wheel_is_read_with_its_metadata() -> None:
    dist = wheel(more="Requires-Python: >=3.9\n")
    read_back = read(dist)
    assert read_back.metadata == metadata("demo-pkg", "1.0", "Requires-Python: >=3.9\n")
    assert (read_back.requires_python, read_back.size) == (">=3.9", len(dist.content))


def test_a_right_source_distribution_is_read_with_its_metadata() -> None:
    assert read(sdist(more=(("demo_pkg-1.0/setup.py", b""),))).metadata == metadata("demo-pkg", "1.0")


def append(*members: tuple[str, bytes]) -> dict[str, object]:
    return {"after": lambda found: found.extend(members)}


def change(path_end: str, data: bytes) -> dict[str, object]:
    def replace(members: Members) -> None:
        members[:] = [(path, data if path.endswith(path_end) else old) for path, old in members]

    return {"after": replace}


def drop(path_end: str) -> dict[str, object]:
    def remove(members: Members) -> None:
        members[:] = [(path, data) for path, data in members if not path.endswith(path_end)]

    return {"after": remove}


def before(*members: tuple[str, bytes]) -> dict[str, object]:
    return {"before": lambda found: found.extend(members)}


INFO = "demo_pkg-1.0.dist-info"
WRONG_WHEELS: dict[str, tuple[dict[str, object], str]] = {
    "another name inside": ({"inside": metadata("evil", "1.0")}, "names the project evil"),
    "another version inside": ({"inside": metadata("demo-pkg", "6.6")}, "names the version 6.6"),
    "no version inside": (
        {"inside": b"Metadata-Version: 2.1\nName: demo-pkg\n"},
        "no (or more than one) Version",
    ),
    "two names inside": (
        {"inside": metadata("demo-pkg", "1.0", "Name: evil\n")},
        "no (or more than one) Name",
    ),
    "a requirement that is none": ({"more": "Requires-Dist: ==1\n"}, "is wrong"),
    "a changed file": (change("__init__.py", b"VALUE = 2\n"), "another hash than its RECORD says"),
    "a file not in RECORD": (append(("demo_pkg/extra.py", b"")), "which its RECORD does not list"),
    "a file missing": (drop("__init__.py"), "and does not hold it"),
    "no RECORD": (drop("/RECORD"), f"holds no {INFO}/RECORD"),
    "no WHEEL": (drop("/WHEEL"), f"holds no {INFO}/WHEEL"),
    "no METADATA": (drop("/METADATA"), f"holds no {INFO}/METADATA"),
    "a path upwards": (before(("../evil.py", b"")), "a path that leads outside of it"),
    "a path upwards within": (before(("demo_pkg/../../evil.py", b"")), "a path that leads outside of it"),
    "an absolute path": (before(("/etc/evil", b"")), "a path that leads outside of it"),
    "a drive": (before(("C:/evil", b"")), "a path that leads outside of it"),
    "a backslash": (before(("a\\..\\evil", b"")), "a path that leads outside of it"),
    "two dist-infos": (before(("other-1.0.dist-info/METADATA", b"")), "exactly one .dist-info"),
    "a bomb": (before(("demo_pkg/bomb", bytes(70 << 20))), "would unpack to more than"),
    "huge metadata": ({"more": f"Summary: {'x' * (9 << 20)}\n"}, "METADATA of more than 8 MiB"),
}


@pytest.mark.parametrize("case", WRONG_WHEELS)
def test_a_wheel_that_contradicts_itself_is_refused_in_one_sentence(case: str) -> None:
    arguments, sentence = WRONG_WHEELS[case]
    with pytest.raises(Refused) as caught:
        read(wheel(**arguments))  # type: ignore[arg-type]
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_comes_twice_is_refused() -> None:
    with pytest.raises(Refused, match="twice"):
        read(wheel(**append(("demo_pkg/__init__.py", b"VALUE = 1\n"))))  # type: ignore[arg-type]


WRONG_SDISTS: dict[str, tuple[dict[str, object], str]] = {
    "another name inside": ({"inside": metadata("evil", "1.0")}, "names the project evil"),
    "a second folder": ({"more": (("other/setup.py", b""),)}, "exactly one folder of its own name"),
    "a path upwards": ({"more": (("demo_pkg-1.0/../../evil", b""),)}, "leads outside"),
    "an absolute path": ({"more": (("/etc/evil", b""),)}, "leads outside"),
    "a member twice": ({"more": (("demo_pkg-1.0/PKG-INFO", b""),)}, "twice"),
    "a bomb": ({"more": (("demo_pkg-1.0/bomb", bytes(70 << 20)),)}, "would unpack to more than"),
}


@pytest.mark.parametrize("case", WRONG_SDISTS)
def test_a_source_distribution_that_contradicts_itself_is_refused(case: str) -> None:
    arguments, sentence = WRONG_SDISTS[case]
    with pytest.raises(Refused) as caught:
        read(sdist(**arguments))  # type: ignore[arg-type]
    assert sentence in str(caught.value)


WRONG_FORMS: dict[str, tuple[dict[str, str | None], str]] = {
    "another action": ({":action": "submit"}, ":action has to be file_upload"),
    "no action": ({":action": None}, ":action has to be file_upload"),
    "another protocol": ({"protocol_version": "2"}, "protocol_version has to be 1"),
    "no name": ({"name": None}, "has to name the project"),
    "another name": ({"name": "other"}, "the form names the project other"),
    "no project name": ({"name": "../x"}, "is not a project name"),
    "another version": ({"version": "2.0"}, "the form names the version 2.0"),
    "no version number": ({"version": "banana"}, "is not a version"),
    "another type": ({"filetype": "sdist"}, "the form names the file type sdist"),
    "another sha256": ({"sha256_digest": "0" * 64}, "another sha256"),
    "another md5": ({"md5_digest": "0" * 32}, "another md5"),
    "another blake2": ({"blake2_256_digest": "0" * 64}, "another blake2b-256"),
    "a digest that is no ASCII": ({"md5_digest": "ä"}, "another md5"),
}


@pytest.mark.parametrize("case", WRONG_FORMS)
def test_a_form_that_contradicts_the_file_is_refused(case: str) -> None:
    over, sentence = WRONG_FORMS[case]
    with pytest.raises(Refused) as caught:
        read(wheel(), **over)
    assert sentence in str(caught.value)


def test_every_digest_of_the_form_is_accepted_when_it_is_right() -> None:
    content = wheel().content
    read(
        wheel(),
        md5_digest=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        blake2_256_digest=hashlib.blake2b(content, digest_size=32).hexdigest(),
        sha256_digest=hashlib.sha256(content).hexdigest().upper(),
    )
    read(wheel(), sha256_digest=None)


def test_a_local_version_is_refused() -> None:
    with pytest.raises(Refused, match="local version"):
        read(wheel(version="1.0+local.1"))


def test_a_field_given_twice_is_refused() -> None:
    with pytest.raises(Refused, match="twice"):
        upload.fields_of([("name", "a"), ("classifiers", "x"), ("classifiers", "y"), ("name", "b")])


@pytest.mark.parametrize("make", [wheel, sdist], ids=["wheel", "sdist"])
@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_damaged_file_is_refused_and_never_breaks_the_reader(make: type[Dist], seed: int) -> None:
    dist = make()  # type: ignore[call-arg]
    chance = random.Random(seed)  # noqa: S311  it damages files, it keeps no secret
    content = bytearray(dist.content)
    for _ in range(chance.randint(1, 6)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    if chance.random() < 0.3:
        del content[chance.randrange(len(content)) :]
    damaged = Dist(dist.name, dist.version, dist.filename, bytes(content), dist.filetype)
    try:
        accepted = read(damaged)
    except Refused:
        return
    # What no field of the archive protects (dates, flags) may differ; what is inside may not.
    assert accepted.metadata == metadata("demo-pkg", "1.0")
