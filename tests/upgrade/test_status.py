"""`crucible status`: who pins what, who is behind, who would break."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.pins import report_in
from crucible_pipeline.index.server import Running
from crucible_pipeline.upgrade.status import Pinned, Standing, as_text
from crucible_pipeline.upgrade.status_page import as_html
from index.distributions import fetch
from upgrade.upgrade_services import ServiceRepository

USES = "from crucible_shared import EvaluationStatus\n\nWAITS = EvaluationStatus.QUEUED\n"


pytestmark = pytest.mark.usefixtures("no_settings_of_the_machine")


@pytest.fixture
def services(tmp_path: Path) -> list[str]:
    """Services that stand in every way there is, the last one gone."""
    files: dict[str, dict[str, str | bytes]] = {
        "breaks": {"requirements.txt": "crucible-shared==0.3.*\n", "app.py": USES},
        "safe": {"requirements.txt": "crucible-shared==0.3.0\n"},
        "newest": {"requirements.txt": "crucible-shared==0.4.*\n"},
        "held": {
            "requirements.txt": "crucible-shared==0.3.*\n",
            ".crucible.toml": "[upgrade]\nignore = ['>=0.4']\n",
        },
        "without": {"requirements.txt": "fastapi\n"},
    }
    made = [str(ServiceRepository.create(tmp_path / name, some).root) for name, some in files.items()]
    return [*made, str(tmp_path / "gone")]


def run(index: Running, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["status", *arguments, "--index-url", index.simple_url])
    return code, capsys.readouterr().out


def by_name(index: Running, capsys: pytest.CaptureFixture[str], services: list[str]) -> dict[str, Any]:
    code, text = run(index, capsys, *services, "--format", "json")
    document = json.loads(text)
    assert (code, document["package"], document["newest"]) == (2, "crucible-shared", "0.4.0")
    return {one["service"]: one for one in document["services"]}


def test_the_document_says_who_pins_what_who_is_behind_and_who_would_break(
    index: Running, services: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = by_name(index, capsys, services)
    assert list(found) == ["breaks", "safe", "newest", "held", "without", "gone"]
    breaks = found["breaks"]
    (hit,) = breaks.pop("impact")
    assert (hit["file"], hit["line"], hit["symbol"]) == ("app.py", 3, "EvaluationStatus.QUEUED")
    assert breaks == {
        "service": "breaks",
        "state": "behind",
        "pins": [{"file": "requirements.txt", "line": 1, "specifier": "==0.3.*"}],
        "installed": "0.3.1",
        "installed_line": "0.3",
        "behind": 1,
        "target": "0.4.0",
        "verdict": "needs a person",
        "reason": None,
        "error": None,
    }
    assert (found["safe"]["behind"], found["safe"]["verdict"]) == (2, "safe")
    assert (found["newest"]["state"], found["newest"]["target"]) == ("up to date", None)
    assert (found["held"]["state"], found["held"]["target"]) == ("behind", None)
    assert (found["without"]["state"], found["without"]["pins"]) == ("does not require it", [])
    assert "is in no git repository" in found["gone"]["error"]


def test_what_status_says_is_what_an_upgrade_does(
    index: Running, services: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = by_name(index, capsys, services)
    main(["upgrade", *services, "--dry-run", "--format", "json", "--index-url", index.simple_url])
    rows = {row["service"]: row for row in json.loads(capsys.readouterr().out)}
    for name, row in rows.items():
        assert found[name]["impact"] == row["impact"]
        assert (found[name]["target"] is not None) == (row["to"] is not None)


def test_nothing_changes_in_a_repository(
    index: Running, services: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    service = ServiceRepository(Path(services[0]))
    before = service.state(), service.git("for-each-ref"), service.git("count-objects")
    assert run(index, capsys, services[0])[0] == 0
    assert (service.state(), service.git("for-each-ref"), service.git("count-objects")) == before


def test_the_table_has_a_line_for_each_service(
    index: Running, services: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(index, capsys, *services)
    lines = text.splitlines()
    assert code == 2
    assert lines[0].split() == ["Service", "Pin", "Installed", "State", "Upgrade"]
    assert lines[2].split() == ["safe", "==0.3.0", "0.3.0", "behind", "by", "2", "to", "0.4.0:", "safe"]
    assert lines[1].endswith("1 line breaks")
    assert lines[-1].startswith("crucible-shared: 6 services, 3 behind, 1 up to date, 1 does not require it")


def test_a_list_of_services_is_looked_at_too(
    index: Running, services: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    list_file = tmp_path / "services.toml"
    tables = (
        f'[[service]]\nurl = "file://{path}"\nname = "the {Path(path).name}"\n' for path in services[:2]
    )
    list_file.write_text("\n".join(tables))
    code, text = run(index, capsys, "--services", str(list_file), "--format", "json")
    assert code == 0
    assert [one["service"] for one in json.loads(text)["services"]] == ["the breaks", "the safe"]


HOSTILE = "<script>alert(1)</script>\"'&"


def test_nothing_that_a_service_says_becomes_markup() -> None:
    one = Standing(service=HOSTILE, pins=[Pinned(HOSTILE, 1, HOSTILE)], error=HOSTILE)
    other = Standing(service="x", pins=[Pinned("a", 1, "")], reason=HOSTILE)
    page = as_html("crucible-shared", [one, other], {"x": f"https://x/{HOSTILE}"}, datetime.now(UTC))
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


def test_an_address_that_is_none_of_the_web_is_no_link() -> None:
    page = as_html("p", [Standing(service="x")], {"x": "javascript:alert(1)"}, datetime.now(UTC))
    assert "javascript:" not in page


def test_the_page_needs_nothing_beside_it(
    index: Running, services: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, page = run(index, capsys, *services, "--format", "html")
    assert code == 2
    assert page.startswith("<!DOCTYPE html>")
    assert not [word for word in ("src=", "<link", "@import", "url(", "<script") if word in page]
    assert "app.py:3 <code>EvaluationStatus.QUEUED</code>" in page


def test_an_empty_list_has_a_table_without_lines() -> None:
    assert as_text("p", []).splitlines()[-1] == "p: 0 services"


def test_the_index_shows_what_is_reported(
    index: Running, services: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["status", *services, "--index-url", index.simple_url, "--report"]) == 2
    assert "CRUCIBLE_TOKEN" in capsys.readouterr().err
    _, token = Access(index.catalog.store).create(("*",), ("pins", "read"))
    monkeypatch.setenv("CRUCIBLE_TOKEN", token)
    assert run(index, capsys, *services, "--report")[0] == 2
    page = fetch(index, "project/crucible-shared/").text
    part = page[page.index('id="services"') :]
    assert 'upgrade to 0.4.0 <span class="mark good">safe</span>' in part
    assert "behind 0.4.0" in part
    assert [
        name for name in ("breaks", "safe", "newest", "held", "without", "gone") if f">{name}<" in part
    ] == [
        "breaks",
        "safe",
        "newest",
        "held",
    ]


@pytest.mark.parametrize(
    "judged",
    [
        {"target": "0.4.0", "verdict": "fine"},
        {"target": "0.4.0"},
        {"target": "new", "verdict": "safe"},
        {"target": 1, "verdict": "safe"},
        {"verdict": "safe"},
    ],
)
def test_a_verdict_that_is_none_is_refused(judged: dict[str, object]) -> None:
    row = {"project": "x", "specifier": "==1.*", **judged}
    with pytest.raises(Refused):
        report_in(json.dumps({"service": "s", "pins": [row]}).encode())
