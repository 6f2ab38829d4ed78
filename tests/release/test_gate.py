"""The gate: an index refuses a release whose version is too small for what its contract changes."""

import io
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Package
from crucible_pipeline.contracts.snapshot import dump
from crucible_pipeline.index.catalog import Candidate, Published
from crucible_pipeline.index.server import Running
from crucible_pipeline.release.gate import gate
from index.distributions import Dist, Members, wheel

PROJECT = "job-shared"
ENUM = "components: {{schemas: {{JobStatus: {{type: string, enum: [{}]}}}}}}\n"


def snapshot(*values: str) -> bytes:
    text = "openapi: 3.1.0\ninfo: {title: Job status, version: from-git-tag}\n" + ENUM.format(
        ", ".join(values)
    )
    return dump(load({"job-status.yaml": text}, Package(PROJECT, "job_shared", PROJECT))).encode()


def release(version: str, contract: bytes | None) -> Dist:
    def before(members: Members) -> None:
        if contract is not None:
            members.append(("job_shared/contract.json", contract))

    return wheel(PROJECT, version, before=before)


def published(dist: Dist, *, yanked: bool = False) -> Published:
    return Published(
        Version(dist.version),
        dist.filename,
        sha256(dist.content).hexdigest(),
        yanked,
        lambda: io.BytesIO(dist.content),
    )


def asked(dist: Dist, *previous: Published) -> str | None:
    return gate(
        Candidate(
            PROJECT, Version(dist.version), dist.filename, lambda: io.BytesIO(dist.content), lambda: previous
        )
    )


SMALL, LARGE = snapshot("queued", "done"), snapshot("queued", "done", "paused")
BASE = published(release("0.1.0", SMALL))


def test_a_first_release_may_enter() -> None:
    assert asked(release("0.1.0", SMALL)) is None


def test_a_breaking_change_under_a_patch_is_kept_out_with_the_version_to_take() -> None:
    assert asked(release("0.1.1", LARGE), BASE) == (
        "job-shared 0.1.1 changes what 0.1.0 promised and needs a minor release; release it as 0.2.0"
    )
    assert asked(release("0.2.0", LARGE), BASE) is None
    assert asked(release("0.2.0rc1", LARGE), BASE) is None
    assert asked(release("0.1.1", SMALL), BASE) is None


def test_a_later_line_does_not_forbid_a_patch_of_an_earlier_one() -> None:
    assert asked(release("0.1.1", SMALL), BASE, published(release("0.2.0", LARGE))) is None


def test_a_yanked_release_and_a_pre_release_promise_nothing() -> None:
    yanked = published(release("0.1.1", LARGE), yanked=True)
    early = published(release("0.1.1rc1", LARGE))
    assert asked(release("0.1.2", SMALL), BASE, yanked, early) is None


def test_the_second_file_of_a_release_is_not_compared_with_the_first() -> None:
    assert asked(release("0.2.0", LARGE), BASE, published(release("0.2.0", LARGE))) is None


def test_a_project_without_contracts_is_none_of_the_gates_business() -> None:
    assert asked(release("0.1.1", None), published(release("0.1.0", None))) is None


def test_a_release_that_lost_its_contract_is_kept_out() -> None:
    said = asked(release("0.1.1", None), BASE)
    assert said is not None
    assert "holds no contract.json" in said


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from("abcd"), min_size=1), st.sets(st.sampled_from("abcd"), min_size=1))
def test_within_a_line_a_closed_list_of_values_never_changes(old: set[str], new: set[str]) -> None:
    said = asked(
        release("0.1.1", snapshot(*sorted(new))), published(release("0.1.0", snapshot(*sorted(old))))
    )
    assert (said is None) == (old == new)


def test_twine_shows_the_gates_sentence(index: Running, tmp_path: Path) -> None:
    for dist in (release("0.1.0", SMALL), release("0.1.1", LARGE)):
        path = tmp_path / dist.filename
        path.write_bytes(dist.content)
        argv = [
            sys.executable,
            "-m",
            "twine",
            "upload",
            "--verbose",
            "--repository-url",
            index.upload_url,
            path,
        ]
        login = {
            "TWINE_USERNAME": "__token__",
            "TWINE_PASSWORD": index.token,
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }
        done = subprocess.run(argv, env=os.environ | login, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "release it as 0.2.0" in " ".join(done.stdout.split() + done.stderr.split())
    (file,) = index.catalog.project(PROJECT).files
    assert file.name == "job_shared-0.1.0-py3-none-any.whl"


@pytest.mark.parametrize("text", [b"{", b'{"format": 99}', b"\xff"])
def test_a_contract_that_cannot_be_read_is_kept_out(text: bytes) -> None:
    said = asked(release("0.1.1", text), BASE)
    assert said is not None
    assert "cannot be read" in said
