"""`crucible publish`: a real tag, a real build, a real upload and a real installation."""

import base64
import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from packaging.version import Version

from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository, clone
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.release.archive import repacked, untarred, unzipped
from crucible_pipeline.release.attest import Signed, key_from, lying_in
from crucible_pipeline.release.build import Artifacts
from crucible_pipeline.release.confirm import pinned
from crucible_pipeline.release.delivery import Delivery, Parcel
from crucible_pipeline.release.dsse import attested
from crucible_pipeline.release.gate import gate
from crucible_pipeline.release.installer import installer
from crucible_pipeline.release.steps import Steps
from crucible_pipeline.release.tagged import Tagged, Wanted, tagged
from crucible_pipeline.release.target import Target, target
from release.contracts_repository import STATUS, Workshop
from release.fault_server import FAULTS, faulty
from release.one_release import (
    CRUCIBLE,
    INFO,
    PYTHON,
    SDIST,
    TARBALL,
    WHEEL,
    Published,
    environment,
    published_again,
)

MORE = sorted(set(FAULTS) - {"500", "half"})


def test_the_wheel_holds_the_package_and_nothing_else(published: Published) -> None:
    files = set(unzipped((published.dist / WHEEL).read_bytes()))
    # Modules with an underscore are the generator's own affair.
    private = {name for name in files if name.startswith("crucible_shared/_")} - {
        "crucible_shared/__init__.py"
    }
    assert private < set(published.shop.package())
    assert files - private == {
        "crucible_shared/__init__.py",
        "crucible_shared/contract.json",
        "crucible_shared/contracts/constants/limits.yaml",
        "crucible_shared/contracts/job-request.yaml",
        "crucible_shared/contracts/job-status.yaml",
        "crucible_shared/job_request.py",
        "crucible_shared/job_status.py",
        "crucible_shared/limits.py",
        "crucible_shared/py.typed",
        "crucible_shared/reference.html",
        "crucible_shared/resources.py",
        f"{INFO}/METADATA",
        f"{INFO}/RECORD",
        f"{INFO}/WHEEL",
        f"{INFO}/licenses/LICENSE",
        f"{INFO}/sboms/crucible.cdx.json",
        f"{INFO}/top_level.txt",
    }


def test_the_sdist_holds_what_builds_the_wheel_and_nothing_else(published: Published) -> None:
    files = set(untarred((published.dist / SDIST).read_bytes()))
    top = "crucible_shared-0.1.0"
    package = {
        f"{top}/src/{name}" for name in unzipped((published.dist / WHEEL).read_bytes()) if INFO not in name
    }
    own = {name for name in files if not name.startswith(f"{top}/src/crucible_shared.egg-info/")}
    names = ("pyproject.toml", "MANIFEST.in", "README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO", "setup.cfg")
    assert own == package | {f"{top}/{name}" for name in names}


def test_each_step_is_named_with_its_time(published: Published) -> None:
    steps = ["preconditions", "build", "reproduced", "SBOM", "contents", "smoke", "attestation", "registries"]
    steps += ["upload", "confirmation"]
    assert [step["name"] for step in published.document["steps"]] == steps
    assert all(step["seconds"] >= 0 for step in published.document["steps"])
    lines = published.progress.strip().splitlines()
    assert [line[:14].strip() for line in lines] == steps
    assert published.index.token not in published.progress


def test_the_index_lists_the_hashes_that_were_printed(published: Published) -> None:
    listed = {file.name: file.sha256 for file in published.index.catalog.project("crucible-shared").files}
    assert listed == {file["name"]: file["sha256"] for file in published.document["files"]}
    assert sorted(published.document["uploaded"]) == sorted(listed)
    assert published.document["confirmed"].endswith(WHEEL)
    assert published.document["tag"] == "v0.1.0"


def test_published_again_it_sends_nothing_and_builds_nothing(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pypirc = f"[own]\nrepository = {published.index.upload_url}\nusername = __token__\n"
    (tmp_path / ".pypirc").write_text(f"{pypirc}password = {published.index.token}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(published.shop.root)
    before = {path.name: path.stat().st_mtime_ns for path in published.dist.iterdir()}
    # A trial: it asks the index and would confirm next, which takes seconds.
    assert published_again(published, published.dist, "--repository", "own", "--dry-run") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["uploaded"] == []
    assert document["steps"][-1]["told"] == "list everything already"
    assert {path.name: path.stat().st_mtime_ns for path in published.dist.iterdir()} == before


def test_other_bytes_under_a_published_name_are_refused(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dist = shutil.copytree(published.dist, tmp_path / "dist")
    (dist / SDIST).write_bytes(repacked((dist / SDIST).read_bytes(), 7))
    monkeypatch.setenv("CRUCIBLE_TOKEN", published.index.token)
    monkeypatch.chdir(published.shop.root)
    assert published_again(published, dist) == 1
    assert f"lists {SDIST} with other content" in capsys.readouterr().err


@pytest.mark.slow
def test_an_artifact_changed_after_the_build_is_refused(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dist = shutil.copytree(published.dist, tmp_path / "dist")
    data = bytearray((dist / WHEEL).read_bytes())
    data[100] ^= 1
    (dist / WHEEL).write_bytes(data)
    monkeypatch.chdir(published.shop.root)
    assert published_again(published, dist) == 1
    assert WHEEL in capsys.readouterr().err


def test_a_wrong_token_fails_with_the_indexs_words_and_never_shows(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], index: Running
) -> None:
    monkeypatch.setenv("CRUCIBLE_TOKEN", "wr0ng-s3cret")
    monkeypatch.chdir(published.shop.root)
    assert published_again(published, published.dist, index=index) == 2
    captured = capsys.readouterr()
    assert "the upload failed" in captured.err
    assert "wr0ng-s3cret" not in captured.out + captured.err
    assert index.catalog.projects() == ()


def refused(shop: Workshop, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    """The objections to a publication; none of its later steps may have begun."""
    assert main(["publish", "--dry-run", "--format", "json", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.err.splitlines()[0].split() == ["preconditions", "failed"]
    rows = json.loads(captured.out)["objections"]
    return {row["check"]: f"{row['what']}; {row['todo']}" for row in rows}


def test_everything_that_stands_against_a_tag_is_named_before_anything_is_built(
    released: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released.repository.run("checkout", "--quiet", "-b", "side")
    released.write(status=STATUS.replace("done]", "done, paused]"))
    released.commit("Code and changelog forgotten")
    released.repository.run("tag", "v0.1.1")
    (released.root / "stray.txt").write_text("stray")
    monkeypatch.chdir(released.root)
    monkeypatch.setenv("SETUPTOOLS_SCM_PRETEND_VERSION", "9.9.9")
    found = refused(released, capsys)
    assert set(found) == {
        "tag", "work tree", "branch", "environment", "generated code", "changelog", "version"
    }  # fmt: skip
    assert "mere name" in found["tag"]
    assert "take 0.2.0 or more" in found["version"]


@pytest.mark.parametrize("tag", ["version-1", "v1.0", "v0.1.0-rc1", "pipeline-v0.1.0", "v9x"])
def test_a_tag_that_is_not_a_version_is_refused(
    fresh: Workshop, tag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.repository.tag(tag, "no version")
    monkeypatch.chdir(fresh.root)
    assert "names no version" in refused(fresh, capsys)["tag"]
    assert "there is no tag v0.9.0" in refused(fresh, capsys, "--tag", "v0.9.0")["tag"]


def test_a_shallow_clone_is_refused_with_its_tag_and_without(
    released: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released.note("Later.")
    released.commit("Later")
    for arguments, checks in (
        (["--depth", "1"], {"tag", "history"}),
        (["--depth", "1", "--branch", "v0.1.0"], {"history", "branch"}),
        (["--no-tags"], {"tag"}),
    ):
        copy = tmp_path / "-".join(arguments).replace("--", "")
        argv = ["git", "clone", "--quiet", *arguments, f"file://{released.root}", str(copy)]
        subprocess.run(argv, check=True, capture_output=True)
        monkeypatch.chdir(copy)
        assert checks <= set(refused(Workshop(copy), capsys))


def test_a_tag_is_looked_into_as_it_is_and_not_as_the_tree_is(
    released: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (released.root / "src" / "crucible_shared" / "job_status.py").write_text("broken = 1\n")
    released.commit("Stale code")
    released.repository.run("tag", "-a", "-m", "stale", "v0.1.1")
    monkeypatch.chdir(released.root)
    assert "job_status.py" in refused(released, capsys, "--tag", "v0.1.1")["generated code"]


def test_without_an_index_nothing_begins(
    released: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(released.root)
    monkeypatch.delenv("CRUCIBLE_REPOSITORY", raising=False)
    assert main(["publish"]) == 2
    assert "give --repository, or --dry-run" in capsys.readouterr().err


def test_only_the_tag_that_is_published_can_name_the_version(released: Workshop, tmp_path: Path) -> None:
    for tag in ("v0.2.0", "v9x", "pipeline-v9.9.9", "version-1"):
        released.repository.run("tag", "--annotate", "--message", "later", tag)
    released.repository.run("branch", "v0.1.0", "HEAD")
    found = tagged(Wanted(released.project, {}, tag="v0.1.0", branch="main"), tmp_path / "clone")
    assert Repository(found.project.root).tags_at("HEAD") == ["v0.1.0"]
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "setuptools_scm"],
        cwd=found.project.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "0.1.0"


@pytest.mark.slow
def test_another_clone_umask_zone_and_installer_give_the_same_bytes(
    published: Published, tmp_path: Path
) -> None:
    copy = clone(published.shop.root, tmp_path / "elsewhere")
    argv = [str(CRUCIBLE), "publish", "--dry-run", "--python", PYTHON]
    argv += ["--dist", str(tmp_path / "dist"), "--signing-key", str(published.key)]
    subprocess.run(
        argv,
        cwd=copy.root,
        env=environment(CRUCIBLE_INSTALLER="pip", TZ="Asia/Kathmandu", LC_ALL="C"),
        umask=0o077,
        check=True,
    )
    names = {path.name for path in published.dist.iterdir()}
    assert {path.name for path in (tmp_path / "dist").iterdir()} == names
    for name in names:
        assert (tmp_path / "dist" / name).read_bytes() == (published.dist / name).read_bytes(), name


@pytest.fixture(scope="module")
def release(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Tagged:
    folder = tmp_path_factory.mktemp("tagged")
    return tagged(Wanted(published.shop.project, {}, tag="v0.1.0"), folder / "clone")


@pytest.fixture(scope="module")
def parcel(published: Published, release: Tagged) -> Parcel:
    made = Artifacts(published.dist / SDIST, published.dist / WHEEL, published.dist / TARBALL)
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made.files}
    signed = lying_in(published.dist, made)
    assert signed is not None
    return Parcel(release, made, files, signed)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def empty() -> Iterator[Running]:
    with running(gate=gate) as served:
        yield served


def delivery(place: Target, work: Path, token: str) -> Delivery:
    environ = environment(CRUCIBLE_TOKEN=token)
    return Delivery(place, None, environ, installer(environ, work), work)


@pytest.mark.parametrize(
    "fault", ["500", "half", *(pytest.param(one, marks=pytest.mark.slow) for one in MORE)]
)
def test_an_index_that_is_out_of_order_ends_the_upload_with_what_it_said(
    fault: str, parcel: Parcel, work: Path
) -> None:
    with faulty(fault) as index:
        sending = delivery(target(index.upload_url, ""), work, "s3cret-token")
        lacking = sending.asked(parcel)
        assert lacking.files == (WHEEL, SDIST)
        # Half a body after 200 is an index that took the file: what counts is what it lists afterwards.
        if fault == "half":
            with contextlib.suppress(CannotDo):
                sending.send(parcel, lacking, Steps())
            with pytest.raises(CannotDo, match=r"after the upload the registries lack"):
                sending.confirmed(parcel, sys.executable)
        else:
            with pytest.raises(CannotDo, match="the upload failed") as caught:
                sending.send(parcel, lacking, Steps())
            assert "s3cret-token" not in str(caught.value)
        assert index.uploads
        assert not any(index.secrets)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["500", "409", "half", "closed", "login"])
def test_an_index_that_cannot_be_read_ends_it_before_anything_is_sent(
    fault: str, parcel: Parcel, work: Path
) -> None:
    with faulty(fault, reading=True) as index:
        with pytest.raises(CannotDo, match=r"http://127\.0\.0\.1"):
            delivery(target(index.upload_url, ""), work, "t").asked(parcel)
        assert index.uploads == 0


def test_killed_between_the_two_files_the_next_attempt_sends_the_other_alone(
    parcel: Parcel, work: Path, empty: Running
) -> None:
    sending = delivery(target(empty.upload_url, ""), work, empty.token)
    lacking = sending.asked(parcel)
    first = Steps()
    sending.send(parcel, type(lacking)((WHEEL,), None, frozenset()), first)
    assert [file.name for file in empty.catalog.project("crucible-shared").files] == [WHEEL]
    lacking = sending.asked(parcel)
    assert lacking.files == (SDIST,)
    sending.send(parcel, lacking, Steps())
    listed = {file.name: file.sha256 for file in empty.catalog.project("crucible-shared").files}
    assert listed == parcel.files
    assert sending.asked(parcel).files == ()


def test_the_index_serves_an_attestation_that_the_key_has_signed(
    published: Published, parcel: Parcel
) -> None:
    reader = httpx.Client(auth=("__token__", published.index.token))
    page = target(published.index.upload_url, "").simple_url + "crucible-shared/"
    rows = reader.get(page, headers={"Accept": "application/vnd.pypi.simple.v1+json"}).json()["files"]
    for name, sha256 in parcel.files.items():
        (address,) = (row["provenance"] for row in rows if row["filename"] == name)
        (bundle,) = reader.get(urljoin(page, address)).json()["attestation_bundles"]
        (attestation,) = bundle["attestations"]
        stated = attested(attestation, key_from(published.key).public_key())
        assert stated["subject"] == [{"name": name, "digest": {"sha256": sha256}}]
        source = stated["predicate"]["buildDefinition"]["resolvedDependencies"][0]
        assert source["digest"] == {"gitCommit": parcel.release.commit}


def test_a_preview_stays_out_of_an_index_that_lists_releases(
    published: Published, parcel: Parcel, work: Path
) -> None:
    preview = Tagged(
        **{
            **{name: getattr(parcel.release, name) for name in Tagged.__slots__},
            "version": Version("0.2.0.dev3"),
        }
    )
    sending = delivery(target(published.index.upload_url, ""), work, published.index.token)
    with pytest.raises(Refused, match="an index of their own"):
        sending.asked(Parcel(preview, parcel.made, parcel.files, Signed((), (), "")))


def test_the_confirmation_asks_for_the_line_and_for_the_version_where_the_line_leads_elsewhere() -> None:
    def asked(version: str, *known: str) -> str:
        return pinned("a", Version(version), map(Version, known))

    assert asked("0.3.2", "0.3.1", "0.3.2", "0.4.0") == "a==0.3.*"
    assert asked("0.3.1", "0.3.1", "0.3.2") == "a==0.3.1"
    assert asked("1.2.0", "1.2.0", "1.3.0.dev4") == "a==1.*"
    assert asked("0.4.0.dev7", "0.4.0.dev7") == "a==0.4.0.dev7"


@pytest.mark.slow
def test_a_staged_release_is_promoted_with_the_same_bytes_and_nothing_is_built(
    published: Published, empty: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(published.shop.root)
    monkeypatch.setenv("CRUCIBLE_TOKEN", empty.token)
    monkeypatch.setenv("CRUCIBLE_STAGING_TOKEN", published.index.token)
    staging = published.index.upload_url.replace("/legacy/", "/simple/")
    argv = ["publish", "--from", staging, "--repository", empty.upload_url, "--format", "json"]
    assert main([*argv, "--signing-key", str(published.key)]) == 0
    document = json.loads(capsys.readouterr().out)
    steps = [step["name"] for step in document["steps"]]
    assert "staging" in steps
    assert not {"build", "smoke", "SBOM"} & set(steps)
    assert {one["name"]: one["sha256"] for one in document["files"]} == {
        file.name: file.sha256 for file in empty.catalog.project("crucible-shared").files
    }
    assert document["files"] == published.document["files"]


def test_no_credential_and_no_key_shows_in_output_files_or_process_list(published: Published) -> None:
    key = base64.b64encode(key_from(published.key).private_bytes_raw()).decode()
    shown = [published.progress, json.dumps(published.document), *published.command_lines]
    assert any("twine" in line and "upload" in line for line in published.command_lines)
    for text in shown:
        assert published.index.token not in text
        assert key not in text
    for path in published.dist.iterdir():
        assert published.index.token.encode() not in path.read_bytes()


@pytest.mark.slow
def test_a_changed_npm_tarball_in_dist_is_refused(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dist = shutil.copytree(published.dist, tmp_path / "dist")
    (dist / TARBALL).write_bytes((dist / TARBALL).read_bytes() + b"\0")
    monkeypatch.chdir(published.shop.root)
    assert published_again(published, dist) == 1
    assert f"{TARBALL} is not what v0.1.0 gives" in capsys.readouterr().err
