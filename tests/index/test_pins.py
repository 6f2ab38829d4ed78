"""Who pins what: reported by services, kept within bounds, shown on the project's page."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crucible_pipeline.cli import main
from crucible_pipeline.errors import Refused
from crucible_pipeline.index import pins as reports
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.audit import Ledger
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.pins import Pins, report_in
from crucible_pipeline.index.server import Running
from index.distributions import CLIENT, fetch, post, wheel
from index.furnished import OLD, pins, release, report


def uses(index: Running) -> str:
    page = fetch(index, "project/demo-contracts/").text
    return page[page.find('id="services"') :] if 'id="services"' in page else ""


def test_a_reported_pin_shows_what_it_installs_and_who_is_behind(index: Running) -> None:
    for version in ("0.3.0", "0.3.1", "0.4.0"):
        release(index, version, OLD)
    assert uses(index) == ""
    assert report(index, pins("storage", "==0.3.*", "https://git.example/storage")).status_code == 200
    assert report(index, pins("worker", "== 0.4.*")).text == "the pins of worker are noted\n"
    assert report(index, pins("gone", ">=1")).status_code == 200
    text = uses(index)
    for part in (
        '<a href="https://git.example/storage" rel="nofollow noopener noreferrer">storage</a>',
        "installs 0.3.1",
        "behind 0.4.0",
        "installs 0.4.0",
        "nothing fits",
    ):
        assert part in text
    assert "installed by storage" in fetch(index, "project/demo-contracts/").text


def test_a_service_has_the_pin_that_it_reported_last_and_can_take_it_back(index: Running) -> None:
    release(index, "0.3.0", OLD)
    report(index, pins("storage", "==0.2.*"))
    report(index, pins("storage", "==0.3.*"))
    assert ("==0.3.*" in uses(index), "==0.2.*" in uses(index)) == (True, False)
    report(index, pins("storage", None))
    assert uses(index) == ""


def test_reporting_needs_a_token_for_the_project(index: Running) -> None:
    access = Access(index.catalog.store)
    _, reader = access.create(("*",), ("read",))
    _, other = access.create(("other",), ("pins",))
    _, right = access.create(("demo-contracts",), ("pins",))
    answers = [report(index, pins("a", "==1"), token).status_code for token in ("", reader, other, right)]
    assert answers == [401, 403, 403, 200]
    assert post(index, wheel("demo-contracts"), right).status_code == 403
    both = {
        "service": "a",
        "pins": [{"project": name, "specifier": "==1"} for name in ("demo-contracts", "x")],
    }
    assert report(index, both, right).status_code == 403


def test_a_form_of_another_site_cannot_report(index: Running) -> None:
    assert report(index, pins("a", "==1"), kind="text/plain").status_code == 400
    assert report(index, pins("a", "==1"), kind="application/x-www-form-urlencoded").status_code == 400


def test_a_change_of_a_pin_is_in_the_audit_log_and_its_repetition_is_not(index: Running) -> None:
    for specifier in ("==0.3.*", "==0.3.*", "==0.4.*", None):
        report(index, pins("storage", specifier))
    told = [
        entry.details["specifier"]
        for entry in Ledger(index.catalog.store).entries()
        if entry.action == "pin-reported"
    ]
    assert told == ["==0.3.*", "==0.4.*", "none"]


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        pins("", "==1"),
        pins("two\nlines", "==1"),
        pins("x" * 201, "==1"),
        pins("a", "not one"),
        pins("a", "==1," * 100),
        pins("a", "==1", "javascript:alert(1)"),
        {"service": "a", "pins": []},
        {"service": "a", "pins": [7]},
        {"service": "a", "pins": [{"project": "../x", "specifier": "==1"}]},
        {"service": "a", "pins": [{"project": "x", "specifier": "==1"}] * 2},
        {"service": "a", "pins": [{"project": f"x{n}", "specifier": "==1"} for n in range(51)]},
    ],
)
def test_a_report_that_is_none_is_refused_in_one_sentence(index: Running, document: object) -> None:
    answer = report(index, document)
    assert (answer.status_code, answer.text.count("\n")) == (400, 1)


def test_a_large_report_is_refused(index: Running) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {index.token}"}
    assert CLIENT.post(f"{index.url}pins", content=b" " * (1 << 17), headers=headers).status_code == 413


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["service", "repository", "pins", "project", "specifier"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(JSON | st.binary(max_size=40))
def test_any_document_is_a_report_or_refused(document: object) -> None:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    try:
        found = report_in(data)
    except Refused:
        return
    assert found.service.strip()
    assert 0 < len(found.pins) <= reports.MAX_PINS


def test_services_that_report_at_once_are_all_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()

    def tell(number: int) -> None:
        found = report_in(json.dumps(pins(f"service-{number:02}", "==1")).encode())
        Pins(store).note(found, *found.pins[0])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tell, range(30)))
    assert [pin.service for pin in Pins(store).of("demo-contracts")] == [f"service-{n:02}" for n in range(30)]
    monkeypatch.setattr(reports, "MAX_SERVICES", 30)
    tell(7)
    with pytest.raises(Refused):
        tell(31)


def test_a_service_reports_the_pins_of_its_requirements(
    index: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release(index, "0.3.0", OLD)
    service = tmp_path / "storage"
    service.mkdir()
    (service / "requirements.txt").write_text("demo-contracts==0.3.*\nother==1\n")
    (service / "constraints.txt").write_text("Demo.Contracts != 0.3.7\n")
    git = ["git", "-C", str(service), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "Pins"]):
        subprocess.run([*git, *command], check=True)
    arguments = ["index", "pins", str(service), "--package", "demo-contracts", "--package", "none"]
    assert main([*arguments, "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "storage: none is not pinned"
    assert uses(index) == ""
    monkeypatch.setenv("CRUCIBLE_INDEX_URL", index.simple_url)
    monkeypatch.delenv("CRUCIBLE_TOKEN", raising=False)
    assert main(arguments) == 2
    monkeypatch.setenv("CRUCIBLE_TOKEN", "wrong")
    assert main(arguments) == 1
    assert "token is unknown" in capsys.readouterr().err
    monkeypatch.setenv("CRUCIBLE_TOKEN", index.token)
    assert main([*arguments, "--repository", "https://git.example/storage"]) == 0
    assert "!=0.3.7,==0.3.*" in uses(index)
    assert main([*arguments, "--index-url", "http://127.0.0.1:9/simple/"]) == 2
