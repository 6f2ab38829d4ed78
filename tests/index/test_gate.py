"""What keeps a file out: each seeded fault is refused by the index and by the command line; right is not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crucible_pipeline.cli.app import main
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.claims import Sealed, Taken
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.fault import Faulty
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.policy import EVERY, Policies
from crucible_pipeline.index.prune import Rule, prune
from crucible_pipeline.index.server import Running
from index import attested
from index.distributions import Dist, post, published, sdist, wheel
from index.seeded import HEAD, INFO, SEEDED, STEM, packed, right_sdist, right_wheel, tarball
from index.test_server import PROGRAM, served

LARGE = {name for name in SEEDED if "bomb" in name or "huge" in name}


@pytest.mark.parametrize("name", sorted(SEEDED.keys() - LARGE))
def test_a_seeded_fault_is_refused_by_its_rule_with_what_to_do(name: str) -> None:
    seed = SEEDED[name]
    with pytest.raises(Faulty) as caught:
        published(Catalog(MemoryStore()), seed.dist)
    assert seed.rule in {fault.rule for fault in caught.value.faults}
    assert seed.says in str(caught.value)
    for line, fault in zip(str(caught.value).splitlines(), caught.value.faults, strict=False):
        assert line == f"{seed.dist.filename} {fault.what}; {fault.todo} [{fault.rule}]"
        assert line.isprintable()
        assert line.isascii()


def test_every_seeded_fault_is_refused_by_the_index_and_by_the_command_line(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: dict[str, str] = {}
    for number, (name, seed) in enumerate(SEEDED.items()):
        path = tmp_path / str(number) / seed.dist.filename
        path.parent.mkdir()
        path.write_bytes(seed.dist.content)
        answer = post(index, seed.dist)
        assert answer.status_code == 400, name
        answers[str(path)] = answer.text
    assert index.catalog.projects() == ()
    assert main(["index", "check", *answers, "--format", "json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    for (file, text), seed in zip(answers.items(), SEEDED.values(), strict=True):
        own = [row for row in rows if row["file"] == file]
        assert seed.rule in {row["rule"] for row in own}
        told = [f"{seed.dist.filename} {row['what']}; {row['todo']} [{row['rule']}]" for row in own]
        assert text.splitlines()[:20] == told[:20]


def test_a_right_wheel_and_sdist_enter_and_are_called_right(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for dist in (right_wheel(), right_sdist()):
        assert post(index, dist).status_code == 200
        (tmp_path / dist.filename).write_bytes(dist.content)
    assert main(["index", "check", *map(str, sorted(tmp_path.iterdir()))]) == 0
    assert capsys.readouterr().out == "2 of 2 files may enter\n"


BEGIN, END = b"-----BEGIN PRIVATE KEY-----\n", b"-----END PRIVATE KEY-----\n"
RIGHT = {
    "a script of its own": {f"{STEM}.data/scripts/demo": b"#!python\n"},
    "an entry point of its own": {f"{INFO}/entry_points.txt": b"[console_scripts]\ndemo = demo_pkg:main\n"},
    "a model's weights": {"demo_pkg/weights.pth": b"\x80\x02"},
    "a template of a .env": {"demo_pkg/.env.example": b"TOKEN=\n"},
    "a page about keys": {"demo_pkg/help.txt": BEGIN + b"...\n" + END},
    "a key of the tests": {"demo_pkg/tests/key.pem": BEGIN + b"A" * 64 + b"\n" + END},
    "an example of a key": {"demo_pkg/help.py": b"KEY = 'AKIAIOSFODNN7EXAMPLE'\n"},
    "a template that is no module": {"demo_pkg/templates/app.py": b"import {{ name }}\n"},
    "a module for a later Python": {"demo_pkg/later.py": b"class Box[T]:\n    pass\n\n\ntype Name = str\n"},
    "f-strings of a later Python": {"demo_pkg/later.py": b'x = f"{d["a"]}"\n'},
    "a sitecustomize deeper": {"demo_pkg/auto/sitecustomize.py": b""},
    "bytecode that is compared": {"demo_pkg/__pycache__/__init__.cpython-311.pyc": b"\xa7\r\r\n" + bytes(12)},
    "a name beyond ASCII": {"demo_pkg/caf\u00e9.txt": b""},
    "an SBOM": {f"{INFO}/sboms/demo.cdx.json": b"{}"},
    "a file of configuration": {f"{STEM}.data/data/etc/demo.conf": b""},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_what_only_looks_like_a_fault_enters(name: str) -> None:
    assert published(Catalog(MemoryStore()), packed(RIGHT[name]))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    dist = packed(
        {
            "x.pth": b"",
            "demo_pkg/.env": b"",
            f"{STEM}.data/scripts/git": b"",
            "demo_pkg/a.py": b"def",
            "../b": b"",
        },
        head=HEAD.replace(b"1.0", b"2.0"),
    )
    with pytest.raises(Faulty) as caught:
        published(Catalog(MemoryStore()), dist)
    rules = [fault.rule for fault in caught.value.faults]
    assert sorted(rules) == ["metadata-number", "path", "secret-file", "shadow", "startup", "syntax"]


def test_the_command_tells_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", "check", str(tmp_path / "demo-1.0.tar.gz")]) == 2
    (tmp_path / "demo.exe").write_bytes(b"MZ")
    assert main(["index", "check", str(tmp_path / "demo.exe")]) == 1
    assert "neither a wheel nor" in capsys.readouterr().out


# What the index asks of a project.


def policy(data: Path, *arguments: str) -> int:
    return main(["index", "policy", *arguments, "--data", str(data)])


def test_a_policy_lets_startup_files_and_keeps_foreign_modules_out(
    folder_index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "index"
    hooked = packed({"demo_pkg.pth": b"import demo_pkg\n"})
    assert post(folder_index, hooked).status_code == 400
    assert policy(data, "Demo.Pkg", "--startup", "--module", "demo_pkg") == 0
    assert "top-level modules: demo_pkg\nstartup files: allowed" in capsys.readouterr().out
    stray = packed({"other.py": b""})
    answer = post(folder_index, stray)
    assert (answer.status_code, "lets demo-pkg install only demo_pkg" in answer.text) == (400, True)
    assert post(folder_index, hooked).status_code == 200
    assert policy(data, "demo-pkg", "--module", "*") == 0
    assert "top-level modules: any" in capsys.readouterr().out


def test_a_policy_for_every_project_gives_way_to_that_of_one(
    folder_index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "index"
    assert policy(data, "--require-attestations", "--seal-days", "3") == 0
    assert policy(data, "other", "--no-attestations") == 0
    capsys.readouterr()
    assert policy(data, "other", "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"project": "other", "modules": None, "startup": False, "attested": False, "seal_days": 3}
    assert "without an attestation" in post(folder_index, wheel()).text
    assert post(folder_index, wheel("other")).status_code == 200
    assert policy(data, "other", "--module", "not a name") == 1


def test_an_index_that_was_told_to_asks_for_attestations_from_then_on(tmp_path: Path) -> None:
    data = tmp_path / "index"
    _, token = Access(DirectoryStore(data)).create(("*",))
    with served(data, token, (*PROGRAM, "--no-upstream", "--require-attestations")) as (_, index):
        assert "without an attestation" in post(index, wheel()).text
    with served(data, token) as (_, index):
        assert "without an attestation" in post(index, wheel()).text
        given = attested.field(attested.attestation(attested.statement(wheel())))
        assert post(index, wheel(), over={"attestations": given}).status_code == 200


# Whose a name is, and for how long a release is open.


class Hands:
    """A clock that shows what it is set to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_a_release_takes_files_for_fourteen_days_and_is_sealed_then() -> None:
    clock = Hands()
    catalog = Catalog(MemoryStore(), clock)
    published(catalog, wheel())
    clock.now += timedelta(days=14)
    assert published(catalog, sdist())
    clock.now += timedelta(seconds=1)
    late = wheel()
    late = Dist(late.name, late.version, late.filename.replace("1.0-py3", "1.0-1-py3"), late.content)
    with pytest.raises(Sealed, match=r"its first came on 2026-01-01.*raise the version"):
        published(catalog, late)
    # What is there stays right to send again, and the next release is open.
    assert not published(catalog, wheel())
    assert published(catalog, wheel(version="1.1"))


def test_a_clock_that_is_set_back_opens_no_sealed_release() -> None:
    clock = Hands()
    catalog = Catalog(MemoryStore(), clock)
    published(catalog, wheel())
    clock.now += timedelta(days=20)
    published(catalog, wheel(version="1.1"))
    clock.now -= timedelta(days=400)
    with pytest.raises(Sealed):
        published(catalog, sdist())


def test_how_long_a_release_is_open_is_a_matter_of_policy() -> None:
    clock = Hands()
    catalog = Catalog(MemoryStore(), clock)
    Policies(catalog.store).set(EVERY, seal_days=0)
    Policies(catalog.store).set("other", seal_days=1)
    published(catalog, wheel())
    published(catalog, wheel("other"))
    clock.now += timedelta(days=300)
    assert published(catalog, sdist())
    with pytest.raises(Sealed):
        published(catalog, sdist("other"))


def test_a_name_is_never_used_again_although_its_file_is_gone() -> None:
    clock = Hands()
    catalog = Catalog(MemoryStore(), clock)
    gone, kept = wheel(version="1.0.dev1"), wheel(version="1.0.dev2")
    published(catalog, gone)
    published(catalog, kept)
    clock.now += timedelta(days=40)
    prune(catalog, "demo-pkg", Rule(timedelta(days=30)), clock.now)
    assert [file.name for file in catalog.project("demo-pkg").files] == [kept.filename]
    with pytest.raises(Taken, match="was published once with other content"):
        published(catalog, wheel(version="1.0.dev1", body=b"VALUE = 2\n"))
    with pytest.raises(Sealed, match="was published once and is withdrawn"):
        published(catalog, sdist(version="1.0.dev1"))
    assert published(catalog, gone)


def test_a_changed_file_never_takes_the_place_of_a_published_one(index: Running) -> None:
    assert post(index, right_wheel()).status_code == 200
    answer = post(index, packed({"demo_pkg/more.py": b""}))
    assert (answer.status_code, "never changes" in answer.text) == (409, True)
    assert post(index, right_wheel()).status_code == 200
    assert post(index, tarball()).status_code == 200
