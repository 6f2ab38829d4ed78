import hashlib
import io

import pytest

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import upload
from crucible_pipeline.index.policy import Policy
from index import attested
from index.distributions import Dist, fields, metadata, sdist, wheel


def read(dist: Dist, **over: str | None) -> upload.Upload:
    return upload.read(fields(dist, over), dist.filename, io.BytesIO(dist.content))


def test_a_right_wheel_is_read_with_its_metadata() -> None:
    dist = wheel(more="Requires-Python: >=3.9\n")
    read_back = read(dist)
    assert read_back.metadata == metadata("demo-pkg", "1.0", "Requires-Python: >=3.9\n")
    assert (read_back.requires_python, read_back.size) == (">=3.9", len(dist.content))


def test_a_right_source_distribution_is_read_with_its_metadata() -> None:
    assert read(sdist(more=(("demo_pkg-1.0/setup.py", b""),))).metadata == metadata("demo-pkg", "1.0")


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


def test_without_an_attestation_nothing_enters_where_one_is_asked_for() -> None:
    dist, strict = wheel(), Policy(attested=True)
    with pytest.raises(Refused, match="comes without an attestation"):
        upload.read(fields(dist), dist.filename, io.BytesIO(dist.content), strict)
    given = attested.field(attested.attestation(attested.statement(dist)))
    form = fields(dist, {"attestations": given})
    assert upload.read(form, dist.filename, io.BytesIO(dist.content), strict).provenance is not None


def test_the_numbers_of_a_refusal_are_of_the_first_faults_and_how_many_more_there_are() -> None:
    dist = wheel(before=lambda members: members.extend((f"demo_pkg/.env.{n}", b"") for n in range(30)))
    with pytest.raises(Refused) as caught:
        read(dist)
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "demo_pkg-1.0-py3-none-any.whl has 10 more faults; mend these first"
