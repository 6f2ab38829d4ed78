"""What a service says about its upgrades is kept, and a lock that is left behind is told of."""

from datetime import UTC, datetime, timedelta

import pytest
from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.locks import stale_locks
from crucible_pipeline.upgrade.pin_files import find_pins
from crucible_pipeline.upgrade.policy import Policy, read_policy, time_of
from crucible_pipeline.upgrade.target import Candidate, choose

PLACE = ("tool", "crucible", "upgrade")
PINS = find_pins("requirements.txt", "crucible-shared==0.3.*", "crucible-shared")


def aged(**days: int) -> list[Candidate]:
    now = datetime.now(UTC)
    return [
        Candidate(Version(f"0.{line}.0"), False, (), (), now - timedelta(days=age))
        for line, age in ((3, days["three"]), (4, days["four"]))
    ]


def policy(text: str) -> Policy:
    found = read_policy(f"[tool.crucible.upgrade]\n{text}\n", PLACE, "pyproject.toml")
    assert found is not None
    return found


def chosen(known: list[Candidate], said: Policy, to: str | None = None) -> str:
    best, why = choose(PINS, known, None, Version(to) if to else None, said)
    return str(best.version) if best is not None else why


@pytest.mark.parametrize(("age", "expected"), [(6, "0.3.0"), (8, "0.4.0")])
def test_a_release_is_chosen_when_its_cooldown_is_over(age: int, expected: str) -> None:
    assert chosen(aged(three=100, four=age), policy("cooldown = 7")) == expected


def test_a_release_whose_time_the_index_does_not_tell_counts_as_young() -> None:
    known = [Candidate(Version("0.4.0"), False, (), ())]
    assert "not yet in the index for 7 days" in chosen(known, policy("cooldown = 7"))


@pytest.mark.parametrize("ignore", ["==0.4.*", ">=0.4", "==0.4.0"])
def test_an_ignored_release_is_not_chosen(ignore: str) -> None:
    said = policy(f'ignore = ["==9.*", "{ignore}"]')
    assert chosen(aged(three=9, four=9), said) == "0.3.0"
    assert "ignored" in chosen(aged(three=9, four=9)[1:], said)


def test_a_version_that_was_asked_for_is_chosen_whatever_the_settings_say() -> None:
    assert chosen(aged(three=9, four=0), policy('cooldown = 7\nignore = ["==0.4.*"]'), "0.4.0") == "0.4.0"


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        policy('cooldown = -1\nignore = ["0.4", 3]')
    assert all(part in str(refused.value) for part in ("cooldown", "'0.4'", "3", "pyproject.toml"))


@pytest.mark.parametrize("text", ["", "[tool]\n", "[tool.crucible]\n", "broken", "[[tool.crucible]]\n"])
def test_a_file_that_says_nothing_of_upgrades_has_no_policy(text: str) -> None:
    assert read_policy(text, PLACE, "pyproject.toml") is None


def test_an_unknown_setting_is_told() -> None:
    assert policy("cooldwn = 1").unknown == ("cooldwn",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-25T10:00:00.5Z", datetime(2026, 11, 25, 10, 0, 0, 500000, UTC)),
        ("2026-11-25T10:00:00", datetime(2026, 11, 25, 10, tzinfo=UTC)),
        ("yesterday", None),
        (7, None),
    ],
)
def test_the_time_of_an_upload_is_read_in_utc(text: object, expected: datetime | None) -> None:
    assert time_of(text) == expected


@pytest.mark.parametrize(
    ("moving", "lock", "command"),
    [
        ("pyproject.toml", "uv.lock", "uv lock --upgrade-package crucible-shared"),
        ("api/pyproject.toml", "uv.lock", "uv lock --upgrade-package crucible-shared"),
        ("api/pyproject.toml", "api/poetry.lock", "poetry update --lock crucible-shared"),
        ("pyproject.toml", "pdm.lock", "pdm update --no-sync crucible-shared"),
        ("web/package.json", "web/package-lock.json", "npm install --package-lock-only --ignore-scripts"),
    ],
)
def test_a_lock_that_is_left_behind_is_told_with_the_command(moving: str, lock: str, command: str) -> None:
    (sentence,) = stale_locks([moving], {moving, lock}, "crucible-shared")
    assert sentence == f"{lock} still holds the old version; type: {command}"


def test_a_lock_of_another_file_is_not_told() -> None:
    assert stale_locks(["requirements.txt"], {"requirements.txt", "uv.lock", "b/uv.lock"}, "x") == []
    assert stale_locks(["a/pyproject.toml"], {"b/uv.lock"}, "x") == []


def test_two_locks_of_one_file_are_told_to_conflict() -> None:
    told = stale_locks(["pyproject.toml"], {"pyproject.toml", "uv.lock", "poetry.lock"}, "crucible-shared")
    assert len(told) == 3
    assert "several locks, poetry.lock and uv.lock" in told[-1]
