"""What a type checker says of an upgrade, with the code of real wheels in a real index."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.contracts.snapshot import dump
from crucible_pipeline.generate.python import code
from crucible_pipeline.index.server import Running, running
from index.distributions import Members, post, wheel
from upgrade.upgrade_services import ServiceRepository, contract


@pytest.fixture
def stocked() -> Iterator[Running]:
    """An index whose wheels hold the generated code of the old and the new contract."""
    with running() as server:
        for version, name in {"0.3.0": "old", "0.4.0": "new"}.items():
            said = contract(name)
            held = {**code(said), "contract.json": dump(said)}

            def add(members: Members, held: dict[str, str] = held) -> None:
                members[:] = [one for one in members if not one[0].endswith("/__init__.py")]
                members.extend((f"crucible_shared/{path}", text.encode()) for path, text in held.items())

            assert post(server, wheel("crucible-shared", version, before=add)).is_success
        yield server


@pytest.mark.slow
def test_an_upgrade_says_which_lines_are_certain_unless_it_is_told_not_to_ask(
    stocked: Running,
    service: ServiceRepository,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CRUCIBLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    where = [str(service.root), "--index-url", stocked.simple_url]
    tiers: list[list[str]] = []
    for more in ([], ["--no-types"], ["--types"]):
        capsys.readouterr()
        assert main(["upgrade", *where, "--dry-run", "--format", "json", *more]) == 0
        rows = json.loads(capsys.readouterr().out)
        tiers.append([hit["tier"] for row in rows for hit in row["impact"]])
    assert tiers == [["certain"], ["likely"], ["certain"]]
