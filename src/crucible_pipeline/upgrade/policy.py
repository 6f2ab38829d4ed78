"""What a service says of its upgrades: `[tool.crucible.upgrade]`, or `[upgrade]` in .crucible.toml. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.trial import parse_command

MAX_COOLDOWN = 3650
_KNOWN = ("cooldown", "ignore", "test_command")


@dataclass(frozen=True, slots=True)
class Policy:
    """Which releases a service does not want.

    Args:
        cooldown: days that a release has to be in the index; 0 for none.
        ignore: specifiers of releases that are never proposed.
        test_command: of the service's tests; it runs only where the caller says that such a one may.
        unknown: keys that mean nothing here.
    """

    cooldown: int = 0
    ignore: tuple[SpecifierSet, ...] = ()
    test_command: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def ignores(self, version: Version) -> bool:
        """Whether the service wants no proposal of a version."""
        return any(one.contains(version, prereleases=True) for one in self.ignore)

    def is_early(self, uploaded: datetime | None, now: datetime) -> bool:
        """Whether a release is too young; one whose index tells no time counts as young."""
        if not self.cooldown:
            return False
        return uploaded is None or now - uploaded < timedelta(days=self.cooldown)


NONE = Policy()


def read_policy(text: str, place: tuple[str, ...], file: str) -> Policy | None:
    """The policy in a TOML file; None where the file is broken or says nothing of upgrades.

    Args:
        text: of the file.
        place: the keys of the table.
        file: its name, for the message.

    Raises:
        Refused: a setting is none that can be meant; every one is named.
    """
    try:
        table: object = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    for key in place:
        table = cast("Mapping[str, object]", table).get(key) if isinstance(table, Mapping) else None
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise Refused(f"{file}: {'.'.join(place)} is no table", "write its settings below it")
    said = cast("Mapping[str, object]", table)
    problems: list[str] = []
    cooldown = said.get("cooldown", 0)
    if isinstance(cooldown, bool) or not isinstance(cooldown, int) or not 0 <= cooldown <= MAX_COOLDOWN:
        problems.append(f"cooldown is no number of days from 0 to {MAX_COOLDOWN}")
        cooldown = 0
    ignore = _specifiers(said.get("ignore", []), problems)
    command = _command(said.get("test_command", []), problems)
    if problems:
        raise Refused(f"{file}: {'; '.join(problems)}", "correct the settings")
    return Policy(cooldown, ignore, command, tuple(sorted(set(said) - set(_KNOWN))))


def _command(said: object, problems: list[str]) -> tuple[str, ...]:
    if isinstance(said, list):
        words = cast("list[object]", said)
        if all(isinstance(one, str) and one for one in words):
            return tuple(str(one) for one in words)
    elif isinstance(said, str):
        try:
            return parse_command(said)
        except Refused as error:
            problems.append(error.what)
            return ()
    problems.append("test_command is neither a text nor a list of texts")
    return ()


def _specifiers(said: object, problems: list[str]) -> tuple[SpecifierSet, ...]:
    if not isinstance(said, list):
        problems.append("ignore is no list")
        return ()
    found: list[SpecifierSet] = []
    for one in cast("list[object]", said):
        try:
            found.append(SpecifierSet(one if isinstance(one, str) and one.strip() else "?"))
        except InvalidSpecifier:
            problems.append(f"ignore holds {one!r}, which is no specifier such as '==0.4.*'")
    return tuple(found)


def time_of(text: object) -> datetime | None:
    """A time as an index writes it (PEP 700), in UTC; None for what is none."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else found.replace(tzinfo=UTC)
