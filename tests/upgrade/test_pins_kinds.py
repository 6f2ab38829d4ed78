"""Every kind of pin is found and moved, and nothing beside its version changes."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from packaging.version import Version

from crucible_pipeline.upgrade.encoding import decode
from crucible_pipeline.upgrade.pin_files import find_pins
from crucible_pipeline.upgrade.pins import Pin, apply, edits
from crucible_pipeline.upgrade.target import Candidate, move
from upgrade.pin_kinds import KINDS, NEW, STAYING, Kind

PROJECT = "crucible-shared"
CANDIDATES = {
    Version(one): Candidate(Version(one), yanked=False, requires_python=(), digests=(NEW,))
    for one in ("0.3.0", "0.3.1", "0.4.0")
}


def upgraded(path: str, data: bytes) -> tuple[bytes, list[Pin]]:
    decoded = decode(data)
    pins = find_pins(path, decoded.text, PROJECT)
    changes = [
        change
        for one in (move(pin, CANDIDATES[Version("0.4.0")], CANDIDATES) for pin in pins)
        if one.specifier is not None
        for change in edits(decoded.text, one.pin, one.specifier, [NEW])
    ]
    return decoded.encode(apply(decoded.text, changes)), pins


WRITTEN: dict[str, Callable[[str], bytes]] = {
    "as it is": lambda text: text.encode(),
    "with CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "with a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "without a last newline": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_pin_of_every_kind_moves_and_nothing_else_does(kind: Kind, form: str) -> None:
    write = WRITTEN[form]
    after, pins = upgraded(kind.path, write(kind.before))
    assert after == write(kind.after)
    assert pins
    assert all(not pin.fixed for pin in pins) == (kind not in STAYING)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_second_upgrade_finds_nothing_to_do(kind: Kind) -> None:
    after, _ = upgraded(kind.path, kind.after.encode())
    assert after == kind.after.encode()


def test_at_least_75_of_77_kinds_move() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 77
    assert sum(kind.before != kind.after for kind in KINDS) >= 75


def test_pins_stand_in_the_order_of_the_text() -> None:
    for kind in KINDS:
        starts = [
            clause.start for pin in find_pins(kind.path, kind.before, PROJECT) for clause in pin.clauses
        ]
        assert all(one < other for one, other in pairwise(sorted(set(starts))))
