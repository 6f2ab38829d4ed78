"""What changed between the contracts of two releases, as a page shows it. Pure.

The index knows no contract: who runs it hands in the module that judges two of them and what its rules mean.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from crucible_pipeline.errors import CannotDo

# Beside a package's modules; it is handed on and not looked into.
SNAPSHOT = "contract.json"
# Of the largest difference that is shown whole.
MAX_CHANGES = 1000
MAX_PAYLOAD = 4000


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Args:
        severity: `breaking`, `additive` or `neutral`.
        rule: that found it.
        element: what changed.
        message: one sentence without a full stop.
        breaks: directions.
        payload: JSON that one release accepts and the other rejects; empty where there is none.
        accepts: the release that accepts it.
        rejects: the release that does not.
    """

    severity: str
    rule: str
    element: str
    message: str
    breaks: tuple[str, ...] = ()
    payload: str = ""
    accepts: str = ""
    rejects: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes from one release to another.

    Args:
        bump: which number of the version they ask to rise: `none`, `patch`, `minor` or `major`.
        total: how many there are.
        changes: the gravest first; the first `MAX_CHANGES` of them.
        problem: why they could not be told; empty where they were.
    """

    bump: str = "none"
    total: int = 0
    changes: tuple[Change, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A release to compare.

    Args:
        version: its number.
        contract: the text of its snapshot.
    """

    version: str
    contract: bytes


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as its page explains it.

    Args:
        id: as in a change.
        group: heading under which it stands.
        tells: one sentence on what it may break.
        why: what that means for a service.
        todo: what to do, in the imperative.
    """

    id: str
    group: str
    tells: str
    why: str
    todo: str


@dataclass(frozen=True, slots=True)
class Contracts:
    """What the index is handed to show contracts.

    Args:
        module: run apart; reads what `asked` writes and writes what `told` reads.
        rules: all rules.
    """

    module: str
    rules: Callable[[], tuple[Rule, ...]]


def asked(old: Side, new: Side) -> bytes:
    """The question to such a module."""
    sides = [
        {"version": side.version, "contract": base64.b64encode(side.contract).decode()} for side in (old, new)
    ]
    return json.dumps(sides).encode()


def sides_in(question: bytes) -> tuple[Side, Side]:
    """The question, as the module reads it."""
    old, new = (Side(side["version"], base64.b64decode(side["contract"])) for side in json.loads(question))
    return old, new


def dump(difference: Difference) -> bytes:
    """The answer of such a module."""
    return json.dumps(asdict(difference)).encode()


def told(answer: bytes) -> Difference:
    """The answer, as a value.

    Raises:
        CannotDo: it is none.
    """
    try:
        document = json.loads(answer)
        changes = tuple(replace(Change(**row), breaks=tuple(row["breaks"])) for row in document["changes"])
        return Difference(document["bump"], document["total"], changes, document["problem"])
    except (ValueError, KeyError, TypeError) as error:
        raise CannotDo(f"the comparison of two contracts gave no answer: {error}") from error
