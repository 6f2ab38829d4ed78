"""What a consumer verifies: each seeded fault fails the check that is about it; the right release passes."""

import contextlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import InvalidInput, Refused
from crucible_pipeline.index.names import parse_filename
from crucible_pipeline.index.server import Running
from crucible_pipeline.release import dsse, sbom
from crucible_pipeline.release.evidence import by_key, public_key, sbom_agrees, source, source_in, statement
from crucible_pipeline.release.pinned import Pinned, pinned
from index.distributions import post, wheel
from release import attested_wheels
from release.attested_wheels import COMMIT, KEY, OTHER, REQUIRES, TIME, Attested, attested, trusted
from release.one_release import Published

RIGHT = attested()
PIN = "crucible-shared==0.3.2"
ALL_PASS = {"hash": "passed", "attestation": "passed", "sbom": "passed", "source": "passed"}


class Shop:
    """A folder with what was downloaded, and the command as a consumer runs it.

    Args:
        folder: an empty one.
        capsys: what catches the command's output.
    """

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.dist = folder / "dist"
        self.dist.mkdir()
        self.key = trusted(folder / "release.pub")
        self.capsys = capsys

    def verify(self, *arguments: str, key: bool = True, folder: bool = True) -> tuple[int, list[Any]]:
        """The exit code, and the files of the document."""
        options = [*(["--trusted-key", str(self.key)] if key else [])]
        options += ["--offline", str(self.dist)] if folder else []
        code = main(["verify", *arguments, *options, "--format", "json"])
        said = self.capsys.readouterr()
        return code, json.loads(said.out)["files"] if said.out else [said.err]

    def results(self, *arguments: str, key: bool = True) -> tuple[int, dict[str, str]]:
        """The exit code, and how each check of the one file ended."""
        code, (one,) = self.verify(*(arguments or (PIN,)), key=key)
        return code, {it["check"]: it["result"] for it in one["checks"]}

    def told(self, check: str, *arguments: str) -> str:
        _, (one,) = self.verify(*(arguments or (PIN,)))
        return next(str(it["told"]) for it in one["checks"] if it["check"] == check)


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in ("CRUCIBLE_INDEX_URL", "CRUCIBLE_TRUSTED_KEY", "PIP_INDEX_URL", "CRUCIBLE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return Shop(tmp_path, capsys)


def test_a_release_as_it_should_be_passes_each_check_without_any_index(shop: Shop) -> None:
    RIGHT.put(shop.dist)
    code, (one,) = shop.verify(PIN)
    assert code == 0
    assert {it["check"]: it["result"] for it in one["checks"]} == ALL_PASS
    assert (one["sha256"], one["commit"]) == (RIGHT.sha256, COMMIT)
    assert shop.told("source").endswith("of forge.example/acme/contracts, tag v0.3.2")


def test_each_check_is_a_line_and_the_file_stands_above(shop: Shop) -> None:
    RIGHT.put(shop.dist)
    assert main(["verify", PIN, "--offline", str(shop.dist), "--trusted-key", str(shop.key)]) == 0
    head, *lines = shop.capsys.readouterr().out.splitlines()
    assert head == RIGHT.dist.filename
    assert [line.split()[:2] for line in lines] == [[check, "passed"] for check in ALL_PASS]


def test_a_tampered_file_fails_though_everything_around_it_is_right(shop: Shop) -> None:
    path = RIGHT.put(shop.dist)
    other = wheel("crucible-shared", "0.3.2", body=b"import os\n")
    path.write_bytes(replace(RIGHT, dist=other).dist.content)
    code, found = shop.results()
    assert code == 1
    assert found["attestation"] == "failed"
    assert "other content" in shop.told("attestation")
    lines = f"{PIN} --hash=sha256:{RIGHT.sha256}\n"
    (shop.dist / "requirements.txt").write_text(lines)
    code, (one,) = shop.verify("--requirements", str(shop.dist / "requirements.txt"))
    assert (code, one["checks"][0]["result"]) == (1, "failed")


@given(st.data())
@settings(max_examples=40)
def test_no_changed_byte_of_a_wheel_goes_unnoticed(data: st.DataObject) -> None:
    content = bytearray(RIGHT.dist.content)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    changed = replace(RIGHT, dist=replace(RIGHT.dist, content=bytes(content)))
    with pytest.raises(Refused, match="other content"):
        statement(
            [RIGHT.attestation], by_key(KEY.public_key()), parse_filename(RIGHT.dist.filename), changed.sha256
        )


def test_another_key_fails_and_no_key_makes_it_impossible(shop: Shop) -> None:
    replace(RIGHT, key=OTHER).put(shop.dist)
    code, found = shop.results()
    assert (code, found["attestation"], found["source"]) == (1, "failed", "impossible")
    assert "by this key" in shop.told("attestation")
    code, found = shop.results(key=False)
    assert (code, found["attestation"], found["hash"]) == (2, "impossible", "passed")


def test_a_key_of_ones_own_is_no_signature_by_a_workflow(shop: Shop) -> None:
    RIGHT.put(shop.dist)
    code, (one,) = shop.verify(PIN, "--github", "acme/contracts", key=False)
    assert code == 1
    assert [it["result"] for it in one["checks"]] == ["passed", "failed", "passed", "impossible"]
    assert one["checks"][1]["told"].startswith("acme/contracts has not signed it: ")
    for wrong in ("acme", "acme/a/b", "https://forge.example/a/b", "a/b\n"):
        assert shop.verify(PIN, "--github", wrong, key=False)[0] == 1
    assert shop.verify(PIN, "--github", "acme/contracts")[0] == 1


def test_a_file_without_attestation_fails(shop: Shop) -> None:
    RIGHT.put(shop.dist).with_name(f"{RIGHT.dist.filename}.provenance.attestation").unlink()
    code, found = shop.results()
    assert (code, found["attestation"]) == (1, "failed")
    assert shop.told("attestation") == "nothing attests this file"


def signed(stated: bytes) -> Attested:
    return replace(RIGHT, stated=stated)


def test_a_statement_about_another_file_fails(shop: Shop) -> None:
    other = attested(name="other")
    signed(other.stated).put(shop.dist)
    assert shop.results()[1]["attestation"] == "failed"
    assert "about other-0.3.2-py3-none-any.whl, not about this file" in shop.told("attestation")


def test_a_replayed_statement_of_another_version_fails(shop: Shop) -> None:
    signed(attested("0.3.1").stated).put(shop.dist)
    assert shop.results()[1]["attestation"] == "failed"
    assert "crucible_shared-0.3.1" in shop.told("attestation")


def test_a_statement_of_this_content_for_another_release_fails(shop: Shop) -> None:
    signed(attested_wheels.statement(RIGHT.dist, version="0.3.1")).put(shop.dist)
    assert shop.results()[0] == 1
    assert shop.told("attestation") == "the statement is about crucible-shared 0.3.1, another release"


def test_an_older_release_under_the_name_of_a_newer_one_fails(shop: Shop) -> None:
    old = attested("0.3.1")
    path = replace(old, dist=replace(old.dist, filename=RIGHT.dist.filename)).put(shop.dist)
    assert path.name == RIGHT.dist.filename
    code, found = shop.results()
    assert (code, found["attestation"], found["sbom"]) == (1, "failed", "failed")
    assert shop.told("sbom") == "the SBOM is about crucible-shared 0.3.1"


@pytest.mark.parametrize("payload", [b"[]", b"1", b"{}", b'{"_type": "https://in-toto.io/Statement/v1"}'])
def test_what_was_signed_and_is_no_provenance_fails_in_words(shop: Shop, payload: bytes) -> None:
    signed(payload).put(shop.dist)
    assert shop.results()[0] == 1
    assert shop.told("attestation").startswith("what was signed is no")


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b'{"envelope": 1}'])
def test_an_attestation_that_is_none_fails_in_words(shop: Shop, text: bytes) -> None:
    path = RIGHT.put(shop.dist)
    path.with_name(f"{path.name}.provenance.attestation").write_bytes(text)
    code, found = shop.results()
    assert (code, found["attestation"]) == (1, "failed")


def test_the_envelope_of_a_whole_release_and_a_provenance_object_are_taken_as_well(shop: Shop) -> None:
    path = RIGHT.put(shop.dist)
    path.with_name(f"{path.name}.provenance.attestation").unlink()
    foreign = dsse.envelope(attested("0.3.1").stated, OTHER)
    (shop.dist / "provenance.intoto.jsonl").write_bytes(foreign + dsse.envelope(RIGHT.stated, KEY))
    assert shop.results() == (0, ALL_PASS)
    (shop.dist / "provenance.intoto.jsonl").write_bytes(foreign)
    assert shop.results()[0] == 1
    bundle: dict[str, Any] = {"publisher": {}, "attestations": [json.loads(RIGHT.attestation)]}
    document: dict[str, Any] = {"version": 1, "attestation_bundles": [bundle]}
    path.with_name(f"{path.name}.provenance").write_text(json.dumps(document))
    assert shop.results() == (0, ALL_PASS)


def document(**over: Any) -> str:
    found: dict[str, Any] = json.loads(
        sbom.document(sbom.Made("crucible-shared", "0.3.2", COMMIT, "v0.3.2", TIME, REQUIRES))
    )
    return json.dumps(found | over)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("", "holds no SBOM"),
        ("{}", "not CycloneDX"),
        (document(bomFormat="SPDX"), "not CycloneDX"),
        (document(components=[]), "disagree about lxml>=5;extra==xml, pydantic>=2.5"),
        (document(metadata={"component": {"name": "other", "version": "0.3.2"}}), "about other 0.3.2"),
        (
            document(metadata={"component": {"name": "crucible.shared", "version": "0.3.2"}}),
            "names no commit",
        ),
    ],
)
def test_a_wheel_whose_sbom_lacks_or_disagrees_fails(shop: Shop, told: str, why: str) -> None:
    attested(told=told).put(shop.dist)
    code, found = shop.results()
    assert (code, found["attestation"], found["sbom"]) == (1, "passed", "failed")
    assert why in shop.told("sbom")


def test_an_sbom_of_another_commit_than_the_statements_fails(shop: Shop) -> None:
    made = sbom.Made("crucible-shared", "0.3.2", "6" * 40, "v0.3.2", TIME, REQUIRES)
    attested(told=sbom.document(made).decode()).put(shop.dist)
    code, found = shop.results()
    assert (code, found["sbom"], found["source"]) == (1, "passed", "failed")


@given(st.binary(max_size=300))
def test_bytes_that_are_no_wheel_are_refused_in_words(content: bytes) -> None:
    with pytest.raises(Refused, match="no wheel that can be read"):
        sbom_agrees(content, parse_filename(RIGHT.dist.filename))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_wheel_is_refused_in_words_or_read(damages: list[tuple[int, int]]) -> None:
    content = bytearray(RIGHT.dist.content)
    for place, value in damages:
        # The directory at the end is what a reader believes.
        content[-1 - place % 700] = value
    # Whatever was hit: what is read is what was packed, and nothing but Refused is raised.
    with contextlib.suppress(Refused):
        assert sbom_agrees(bytes(content), parse_filename(RIGHT.dist.filename)) == COMMIT


def test_a_wheel_whose_directory_points_before_the_file_is_refused() -> None:
    content = RIGHT.dist.content
    for found in re.finditer(b"PK\x01\x02(?=.{42}[^/]+/(METADATA|sboms))", content, re.DOTALL):
        place = found.start()
        # The offset of the local header stands 42 bytes into an entry (APPNOTE 4.3.12).
        broken = content[: place + 42] + b"\xff\xff\xff\x7f" + content[place + 46 :]
        with pytest.raises(Refused):
            sbom_agrees(broken, parse_filename(RIGHT.dist.filename))


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (f"https://forge.example/acme/contracts@{COMMIT}", 0),
        (f"git@forge.example:acme/contracts.git@{COMMIT}", 0),
        (f"https://forge.example/acme/contracts@{'6' * 40}", 1),
        (f"https://forge.example/mallory/contracts@{COMMIT}", 1),
        (f"https://forge.example/acme/contracts@{COMMIT[:12]}", 1),
    ],
)
def test_a_source_that_was_named_has_to_be_the_stated_one(shop: Shop, wanted: str, code: int) -> None:
    RIGHT.put(shop.dist)
    assert shop.verify(PIN, "--source", wanted)[0] == code


def test_a_statement_without_a_commit_names_no_source() -> None:
    broken_ones: list[dict[str, Any]] = [
        {},
        {"predicate": 1},
        {"predicate": {"buildDefinition": {"resolvedDependencies": [{}]}}},
    ]
    for broken in broken_ones:
        with pytest.raises(Refused, match="names no commit"):
            source_in(broken)
    assert source(f"ssh://git@forge.example/a/b.git@{COMMIT}").address == "forge.example/a/b"


def lock(folder: Path, *lines: str) -> str:
    path = folder / "requirements.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def test_a_service_is_verified_by_hash_and_the_contracts_in_full(shop: Shop, tmp_path: Path) -> None:
    other = wheel("demo-pkg", "1.0")
    plain = Attested(other, b"")
    (shop.dist / other.filename).write_bytes(other.content)
    RIGHT.put(shop.dist)
    path = lock(
        tmp_path,
        "# locked",
        "--index-url https://packages.example/simple/",
        f"{PIN} \\",
        f"    --hash=sha256:{RIGHT.sha256} \\",
        f"    --hash=sha256:{'0' * 64}  # the sdist",
        f'Demo_Pkg==1.0 ; python_version > "3" --hash=sha256:{plain.sha256}',
    )
    code, files = shop.verify("--requirements", path)
    assert code == 0
    assert [[it["check"] for it in one["checks"]] for one in files] == [list(ALL_PASS), ["hash"]]
    # What has to be attested is the user's to say: a file that lacks it does not get by as somebody else's.
    code, files = shop.verify("--requirements", path, "--package", "demo-pkg", "--package", "crucible-shared")
    assert code == 1
    code, (said,) = shop.verify("--requirements", path, "--package", "crucible-sharde")
    assert code == 1
    assert "pins no crucible-sharde" in said
    (shop.dist / other.filename).write_bytes(wheel("demo-pkg", "1.0", body=b"x = 2\n").content)
    assert shop.verify("--requirements", path)[0] == 1
    (shop.dist / other.filename).unlink()
    assert shop.verify("--requirements", path)[0] == 2


def test_every_line_that_leaves_something_open_is_named(tmp_path: Path) -> None:
    text = (
        "a==1 --hash=sha256:" + "0" * 64 + "\nb==2\nc>=3\n-e .\nd @ https://packages.example/d.whl\n./e.whl\n"
    )
    with pytest.raises(InvalidInput) as caught:
        pinned("r.txt", {"r.txt": text})
    assert [problem.mark.line for problem in caught.value.problems] == [2, 3, 4, 5, 6]


def test_included_files_are_read_as_well(shop: Shop, tmp_path: Path) -> None:
    RIGHT.put(shop.dist)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "base.txt").write_text(f"-r ../requirements.txt\n{PIN} --hash=sha256:{'0' * 64}\n")
    assert shop.verify("--requirements", lock(tmp_path, "-r more/base.txt"))[0] == 1
    assert shop.verify("--requirements", lock(tmp_path, "-r none.txt"))[0] == 2


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)


@settings(max_examples=40)
@given(
    st.dictionaries(NAMES, st.tuples(st.integers(0, 99), st.lists(HASHES, min_size=1, max_size=3))),
    st.sampled_from([" \\\n    ", " ", " \\\n"]),
    st.sampled_from(["", "  # a comment", " # with --hash=sha256:" + "f" * 64]),
)
def test_what_is_written_as_a_lock_is_read_back(
    packages: dict[str, tuple[int, list[str]]], between: str, comment: str
) -> None:
    lines = [
        between.join([f"{name}=={version}", *(f"--hash=sha256:{one}" for one in hashes)]) + comment
        for name, (version, hashes) in packages.items()
    ]
    found = pinned("r.txt", {"r.txt": "\n".join(lines) + "\n"})
    assert {one.name: (str(one.version), one.hashes) for one in found} == {
        name: (str(version), frozenset(hashes)) for name, (version, hashes) in packages.items()
    }
    assert all(isinstance(one, Pinned) for one in found)


@pytest.mark.parametrize("wanted", ["crucible-shared", "crucible-shared==0.3.*", "crucible-shared>=1", "a b"])
def test_a_release_has_to_be_named_in_full(shop: Shop, wanted: str) -> None:
    assert shop.verify(wanted)[0] == 1


def test_without_a_release_a_folder_or_an_index_nothing_can_be_said(shop: Shop) -> None:
    assert shop.verify()[0] == 2
    assert shop.verify(PIN)[0] == 2
    assert shop.verify(PIN, folder=False)[0] == 2
    assert shop.verify(PIN, "--offline", str(shop.dist / "none"), folder=False)[0] == 2


def test_a_key_that_is_none_is_refused_with_where_to_take_it() -> None:
    secret = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], capture_output=True, check=True)
    for pem in (b"", b"no key", secret.stdout):
        with pytest.raises(Refused, match="no public key"):
            public_key(pem)


@pytest.mark.slow
def test_a_published_release_is_verified_from_its_folder_and_from_its_index(
    published: Published, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = subprocess.run(
        ["openssl", "pkey", "-in", published.key, "-pubout"], capture_output=True, check=True
    )
    shop.key.write_bytes(public.stdout)
    pin = "crucible-shared==0.1.0"
    shop.dist = published.dist
    code, files = shop.verify(pin)
    assert code == 0
    assert {one["commit"] for one in files} == {published.document["commit"]}
    monkeypatch.setenv("CRUCIBLE_TOKEN", published.index.token)
    code, files = shop.verify(pin, "--index-url", published.index.simple_url, folder=False)
    assert code == 0
    assert [len(one["checks"]) for one in files] == [4, 3]
    hashes = [f"--hash=sha256:{one['sha256']}" for one in files]
    path = lock(tmp_path, " ".join([pin, *hashes]))
    at = ["--index-url", published.index.simple_url]
    assert shop.verify("--requirements", path, *at, folder=False)[0] == 0
    monkeypatch.setenv("CRUCIBLE_TOKEN", "wrong")
    assert shop.verify("--requirements", path, *at, folder=False)[0] == 2


def test_an_index_that_lists_another_file_fails_by_its_hash(
    index: Running, shop: Shop, tmp_path: Path
) -> None:
    over = {"attestations": f"[{RIGHT.attestation.decode()}]"}
    assert post(index, RIGHT.dist, over=over).status_code == 200
    at = ["--index-url", index.simple_url]
    code, (one,) = shop.verify(PIN, *at, folder=False)
    assert (code, [it["result"] for it in one["checks"]]) == (0, ["passed"] * 4)
    path = lock(tmp_path, f"{PIN} --hash=sha256:{'0' * 64}")
    code, (one,) = shop.verify("--requirements", path, *at, folder=False)
    assert code == 1
    assert "none of the 1 listed files" in one["checks"][0]["told"]
    assert shop.verify("crucible-shared==0.3.3", *at, folder=False)[0] == 2


def test_verifying_a_folder_starts_no_client_and_reads_no_contract(shop: Shop) -> None:
    RIGHT.put(shop.dist)
    words = [PIN, "--offline", str(shop.dist), "--trusted-key", str(shop.key)]
    code = f"import sys; from crucible_pipeline.cli.app import main; assert not main(['verify', *{words}]);"
    code += "print([name for name in ('httpx', 'yaml', 'jinja2', 'starlette') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
