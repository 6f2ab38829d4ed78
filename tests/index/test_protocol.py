"""What the index speaks besides pages and files: attestations, status, serial, parts, JSON for bots."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.answers import part
from crucible_pipeline.index.attestation import provenance_of
from crucible_pipeline.index.names import parse_filename
from crucible_pipeline.index.negotiate import JSON
from crucible_pipeline.index.page import Status
from crucible_pipeline.index.server import Running, running
from index.attested import attestation, field, statement
from index.distributions import CLIENT, fetch, metadata, post, sdist, wheel
from index.programs import UV

DIST = wheel()
OTHER = wheel(version="2.0")


def document(index: Running, name: str = "demo-pkg") -> dict[str, Any]:
    found: dict[str, Any] = fetch(index, f"simple/{name}/", Accept=JSON).json()
    return found


def address(row: dict[str, Any]) -> str:
    return str(row["url"]).removeprefix("../../")


def test_attestations_taken_at_upload_are_served_at_both_places(index: Running) -> None:
    made = attestation(statement(DIST))
    assert post(index, DIST, over={"attestations": field(made)}).status_code == 200
    post(index, OTHER)
    attested, plain = document(index)["files"]
    assert "provenance" not in plain
    beside = fetch(index, attested["provenance"].removeprefix("../../"))
    there = fetch(index, f"integrity/demo-pkg/1.0/{DIST.filename}/provenance")
    assert there.headers["content-type"] == "application/vnd.pypi.integrity.v1+json"
    assert there.content == beside.content
    (bundle,) = there.json()["attestation_bundles"]
    assert bundle["attestations"] == [made]
    assert there.json()["version"] == 1
    assert "data-provenance=" in fetch(index, "simple/demo-pkg/", Accept="text/html").text
    for path in (
        f"demo-pkg/2.0/{OTHER.filename}",
        f"demo-pkg/2.0/{DIST.filename}",
        "other/1.0/x",
        "demo-pkg/1.0/x",
    ):
        assert fetch(index, f"integrity/{path}/provenance").status_code == 404


def material(**over: Any) -> dict[str, Any]:
    return {"verification_material": {**attestation({})["verification_material"], **over}}


GOOD = statement(DIST)
SIGNED, OTHERWISE = attestation(GOOD), attestation({**GOOD, "predicate": {}})
WRONG: dict[str, str] = {
    "no JSON": "{",
    "no list": "{}",
    "an empty list": "[]",
    "no object": "[1]",
    "another file": field(attestation(statement(OTHER))),
    "another digest": field(
        attestation({**GOOD, "subject": [{"name": DIST.filename, "digest": {"sha256": "0" * 64}}]})
    ),
    "no digest": field(attestation({**GOOD, "subject": [{"name": DIST.filename, "digest": {}}]})),
    "two subjects": field(attestation({**GOOD, "subject": GOOD["subject"] * 2})),
    "no subject": field(attestation({**GOOD, "subject": []})),
    "another statement": field(attestation({**GOOD, "_type": "https://in-toto.io/Statement/v0.1"})),
    "no predicate type": field(attestation({**GOOD, "predicateType": None})),
    "another version": field(attestation(GOOD, version=2)),
    "no certificate": field(attestation(GOOD, **material(certificate=""))),
    "a damaged certificate": field(attestation(GOOD, **material(certificate="a"))),
    "a signature of another statement": field(
        attestation(GOOD, envelope={**SIGNED["envelope"], "signature": OTHERWISE["envelope"]["signature"]})
    ),
    "no signature at all": field(attestation(GOOD, envelope={**SIGNED["envelope"], "signature": "YQ=="})),
    "a certificate that is none": field(attestation(GOOD, **material(certificate="YQ=="))),
    "no transparency": field(attestation(GOOD, **material(transparency_entries=[]))),
    "no envelope": field(attestation(GOOD, envelope=None)),
    "the same twice": field(attestation(GOOD), attestation(GOOD)),
    "too many": field(*(attestation(GOOD) for _ in range(9))),
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("case", WRONG)
def test_attestations_that_are_none_or_of_another_file_keep_it_out(case: str) -> None:
    sha256 = GOOD["subject"][0]["digest"]["sha256"]
    assert provenance_of(field(attestation(GOOD)), parse_filename(DIST.filename), sha256)
    with pytest.raises(Refused):
        provenance_of(WRONG[case], parse_filename(DIST.filename), sha256)


def test_a_file_with_wrong_attestations_is_not_published(index: Running) -> None:
    answer = post(index, DIST, over={"attestations": WRONG["another digest"]})
    assert (answer.status_code, "another sha256" in answer.text) == (400, True)
    assert fetch(index, "simple/demo-pkg/").status_code == 404


@pytest.mark.parametrize("marker", ["archived", "quarantined"])
def test_a_closed_project_takes_no_uploads(index: Running, marker: Any) -> None:
    post(index, DIST)
    index.catalog.set_status("demo-pkg", Status(marker, "it moved"))
    answer = post(index, OTHER)
    assert (answer.status_code, f"is {marker} and takes no uploads: it moved" in answer.text) == (400, True)
    assert document(index)["project-status"] == {"status": marker, "reason": "it moved"}
    html = fetch(index, "simple/demo-pkg/", Accept="text/html").text
    assert f'<meta name="pypi:project-status" content="{marker}">' in html
    shown = fetch(index, "project/demo-pkg/").text
    assert (marker in shown.lower(), "it moved" in shown) == (True, True)
    index.catalog.set_status("demo-pkg", Status())
    assert post(index, OTHER).status_code == 200
    assert len(document(index)["files"]) == 2
    assert "project-status" not in document(index)


def test_a_quarantined_project_offers_no_files(index: Running) -> None:
    post(index, DIST, over={"attestations": field(attestation(statement(DIST)))})
    path = address(document(index)["files"][0])
    beside = (path, f"{path}.metadata", f"{path}.provenance")
    assert [fetch(index, each).status_code for each in beside] == [200] * 3
    index.catalog.set_status("demo-pkg", Status("quarantined"))
    assert document(index)["files"] == []
    assert "whl" not in fetch(index, "simple/demo-pkg/", Accept="text/html").text
    assert [fetch(index, each).status_code for each in beside] == [404] * 3
    assert fetch(index, "pypi/demo-pkg/json").status_code == 404
    assert fetch(index, f"integrity/demo-pkg/1.0/{DIST.filename}/provenance").status_code == 404
    # What is withheld is still known: the name stays taken.
    index.catalog.set_status("demo-pkg", Status())
    assert post(index, wheel(body=b"other")).status_code == 409
    assert fetch(index, path).content == DIST.content


@pytest.mark.parametrize("marker", ["active", "deprecated"])
def test_an_open_project_takes_uploads(index: Running, marker: Any) -> None:
    post(index, DIST)
    index.catalog.set_status("demo-pkg", Status(marker))
    assert post(index, OTHER).status_code == 200


def test_the_status_is_set_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path / "index")
    with running(tmp_path / "index") as index:
        post(index, DIST)
    command = ["index", "status", "Demo_Pkg"]
    assert main([*command, "archived", "--reason", "it moved", "--data", data]) == 0
    assert main([*command, "--data", data, "--format", "json"]) == 0
    shown = capsys.readouterr().out.splitlines()[1:]
    assert json.loads("".join(shown)) == {"project": "demo-pkg", "status": "archived", "reason": "it moved"}
    assert main([*command, "frozen", "--data", data]) == 1
    assert main(["index", "status", "unknown", "archived", "--data", data]) == 1
    assert main(["index", "reserve", "Crucible_", "--data", data]) == 0
    assert main(["index", "reserve", "--data", data]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "crucible-"
    assert main(["index", "reserve", "crucible-", "--remove", "--data", data]) == 0
    assert main(["index", "reserve", "crucible-", "--remove", "--data", data]) == 1


def test_the_serial_grows_with_every_change(index: Running) -> None:
    serials: list[int] = []

    def note() -> None:
        serials.append(int(fetch(index, "simple/demo-pkg/").headers["x-pypi-last-serial"]))

    for dist in (DIST, OTHER):
        post(index, dist)
        note()
    index.catalog.yank("demo-pkg", Version("1.0"), "wrong")
    note()
    index.catalog.set_status("demo-pkg", Status("deprecated"))
    note()
    assert serials == sorted(set(serials))
    post(index, OTHER)
    note()
    assert serials[-1] == serials[-2] == document(index)["meta"]["_last-serial"]


def test_an_update_bot_finds_releases_and_files(index: Running) -> None:
    more = "Summary: What it is\nRequires-Python: >=3.9\nRequires-Dist: other>=1\nProject-URL: Source, https://packages.example/s\n"
    post(index, wheel(more=more))
    post(index, sdist())
    post(index, wheel(version="1.1rc1"))
    post(index, wheel(version="0.9"))
    index.catalog.yank("demo-pkg", Version("0.9"), "wrong limit")
    found = fetch(index, "pypi/Demo_Pkg/json").json()
    assert found["info"]["version"] == "1.0"
    assert (found["info"]["summary"], found["info"]["requires_dist"]) == ("What it is", ["other>=1"])
    assert found["info"]["project_urls"] == {"Source": "https://packages.example/s"}
    assert list(found["releases"]) == ["0.9", "1.0", "1.1rc1"]
    assert {file["packagetype"] for file in found["urls"]} == {"bdist_wheel", "sdist"}
    (old,) = found["releases"]["0.9"]
    assert (old["yanked"], old["yanked_reason"]) == (True, "wrong limit")
    assert fetch(index, found["urls"][0]["url"].removeprefix(index.url)).status_code == 200
    one = fetch(index, "pypi/demo-pkg/0.9.0/json").json()
    assert (one["info"]["version"], "releases" in one) == ("0.9", False)
    for path in ("pypi/demo-pkg/7/json", "pypi/demo-pkg/x/json", "pypi/other/json", "pypi/%2e%2e/json"):
        assert fetch(index, path).status_code == 404


@pytest.mark.parametrize("in_memory", [True, False])
def test_parts_of_a_file_come_from_every_store(in_memory: Any, tmp_path: Path) -> None:
    with running(None if in_memory else tmp_path) as index:
        post(index, DIST)
        path, size = address(document(index)["files"][0]), len(DIST.content)
        whole = fetch(index, path)
        for wanted, start, stop in (
            ("0-9", 0, 10),
            ("-22", size - 22, size),
            (f"{size - 3}-", size - 3, size),
        ):
            answer = fetch(index, path, Range=f"bytes={wanted}")
            assert (answer.status_code, answer.content) == (206, DIST.content[start:stop])
            assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
        assert fetch(index, path, Range=f"bytes={size}-").status_code == 416
        assert fetch(index, path, Range="bytes=0-3", If_Range='"other"').content == DIST.content
        assert fetch(index, path, Range="bytes=0-3", If_Range=whole.headers["etag"]).status_code == 206
        head = fetch(index, path, "HEAD")
        assert (head.headers["content-length"], head.headers["accept-ranges"]) == (str(size), "bytes")
        assert whole.headers["content-type"] == head.headers["content-type"] == "application/octet-stream"


@settings(max_examples=80, deadline=None)
@given(
    st.one_of(st.none(), st.text(max_size=20), st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}", fullmatch=True)),
    st.integers(0, 2000),
)
def test_a_part_never_leaves_the_file(wanted: str | None, size: int) -> None:
    found = part(wanted, size)
    assert found is None or (0 <= found[0] <= size and 0 <= found[1] <= size)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"])
def test_every_known_version_of_the_metadata_is_taken(index: Running, version: str) -> None:
    inside = metadata("demo-pkg", "1.0").replace(b"Version: 2.1", f"Version: {version}".encode(), 1)
    assert post(index, wheel(inside=inside), over={"metadata_version": version}).status_code == 200


def test_metadata_of_an_unknown_version_is_refused(index: Running) -> None:
    inside = metadata("demo-pkg", "1.0").replace(b"Version: 2.1", b"Version: 3.0", 1)
    answer = post(index, wheel(inside=inside))
    assert (answer.status_code, "is of version 3.0" in answer.text) == (400, True)


def yank(index: Running, page: str, **headers: str) -> httpx.Response:
    return CLIENT.post(
        f"{index.url}{page}", data={"do": "yank", "reason": "wrong\n <limit>"}, headers=headers
    )


def test_a_release_is_yanked_from_its_page_by_who_may_upload(index: Running) -> None:
    post(index, DIST)
    page, may = "project/demo-pkg/1.0/yank", {"Authorization": f"Bearer {index.token}"}
    assert page in fetch(index, "project/demo-pkg/").text
    assert fetch(index, page).status_code == yank(index, page).status_code == 401
    assert "Yank" in fetch(index, page, **may).text
    assert fetch(index, "project/demo-pkg/2.0/yank", **may).status_code == 404
    answer = yank(index, page, **may, Origin=index.url.rstrip("/"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/project/demo-pkg/")
    assert document(index)["files"][0]["yanked"] == "wrong <limit>"
    shown = fetch(index, page, **may)
    assert "wrong &lt;limit&gt;" in shown.text
    assert "form-action 'self'" in shown.headers["content-security-policy"]
    back = CLIENT.post(f"{index.url}{page}", data={"do": "unyank"}, headers=may)
    assert (back.status_code, document(index)["files"][0]["yanked"]) == (303, False)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_of_another_site_yanks_nothing(index: Running, headers: dict[str, str]) -> None:
    post(index, DIST)
    may = {"Authorization": f"Bearer {index.token}", **headers}
    assert yank(index, "project/demo-pkg/1.0/yank", **may).status_code == 403
    assert document(index)["files"][0]["yanked"] is False


@pytest.mark.parametrize("data", [{}, {"do": "delete"}, {"do": "yank", "reason": "x" * 501}])
def test_a_form_that_says_nothing_yanks_nothing(index: Running, data: dict[str, str]) -> None:
    post(index, DIST)
    may = {"Authorization": f"Bearer {index.token}"}
    assert CLIENT.post(f"{index.url}project/demo-pkg/1.0/yank", data=data, headers=may).status_code == 400


def test_uv_sends_the_attestations_that_lie_beside_a_file(
    index: Running, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / DIST.filename).write_bytes(DIST.content)
    made = attestation(statement(DIST))
    (tmp_path / f"{DIST.filename}.publish.attestation").write_text(json.dumps(made))
    command = [str(UV), "publish", "--trusted-publishing", "never", "--publish-url", index.upload_url]
    done = subprocess.run(
        [*command, str(tmp_path / "*")],
        env={**clean_environment, "UV_PUBLISH_TOKEN": index.token},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = fetch(index, f"integrity/demo-pkg/1.0/{DIST.filename}/provenance").json()
    assert found["attestation_bundles"][0]["attestations"] == [made]
