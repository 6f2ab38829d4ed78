"""What the demo tells of a repository of contracts: `examples/demo.toml` of that repository."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from packaging.version import Version

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.version import Bump, bumped, parse

NAME = "examples/demo.toml"
_TEXTS = ("first", "service", "uses", "changed")


@dataclass(frozen=True, slots=True)
class Edit:
    """A passage of the contracts that changes.

    Args:
        file: below the contracts folder.
        old: occurs there once.
        new: stands there afterwards.
    """

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Story:
    """The parts of the road that differ from one repository to the next.

    Args:
        first: version of the first release.
        service: folder below `examples` of a service that pins the line of `first`.
        uses: Python that imports the package and prints what it sees.
        changed: what the edits mean, in the changelog's words.
        edits: they break something.
    """

    first: Version
    service: str
    uses: str
    changed: str
    edits: tuple[Edit, ...]

    @property
    def too_small(self) -> Version:
        """A version that is refused after the edits."""
        return bumped(self.first, Bump.PATCH)

    @property
    def second(self) -> Version:
        """The version that the edits need."""
        return bumped(self.first, Bump.MAJOR if self.first.major else Bump.MINOR)


def story_of(root: Path) -> Story:
    """The story of a repository.

    Args:
        root: its top folder.

    Raises:
        CannotDo: it tells none.
        Refused: what it tells cannot be understood.
    """
    path = root / NAME
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise CannotDo(
            f"{root} has no {NAME}, which tells the demo what to show", "crucible init makes one"
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"{path} is broken: {error}", "correct it") from None
    try:
        first, service, uses, changed = (_text(told[name]) for name in _TEXTS)
        edits = tuple(
            Edit(*(_text(one[key]) for key in ("file", "old", "new"))) for one in _rows(told["edit"])
        )
    except (KeyError, TypeError) as error:
        raise Refused(
            f"{path}: {error} is missing or no text", f"it has {', '.join(_TEXTS)} and [[edit]]"
        ) from None
    if Path(service).name != service:
        raise Refused(f"{path}: {service!r} is no folder below examples", "write its name alone")
    return Story(parse(first), service, uses.strip(), changed, edits)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(repr(value))
    return value


def _rows(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value:
        raise TypeError("edit")
    return cast("list[dict[str, Any]]", value)
