"""Where a use stands: the name itself, to the character, and what the uses of a service come to."""

import pytest

from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.upgrade.impact import Hit, impact
from crucible_pipeline.upgrade.use import Tier
from crucible_pipeline.upgrade.verdict import Kind, verdict, why
from upgrade.renamed_states import BEFORE, RENAMED, states

HEAD = "from crucible_shared import Request, Status as S, Status\n"


def found_in(code: str | bytes, new: Contract = RENAMED) -> tuple[Hit, ...]:
    content = code if isinstance(code, bytes) else code.encode()
    return impact(diff(BEFORE, new), BEFORE, new, {"app.py": content}).hits


def shown(text: str, hit: Hit) -> str:
    """What stands in a text at the place of a hit."""
    lines = text.splitlines(keepends=True)[hit.span.line - 1 : hit.span.end_line]
    behind = len(lines[-1]) - hit.span.end_column
    whole = "".join(lines)
    return whole[hit.span.column : len(whole) - behind]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("Status.QUEUED", {"Status", "QUEUED"}),
        ("ä = 'ß', Status.QUEUED, 'ü'", {"Status", "QUEUED"}),
        ("x = (Status  # why\n  .QUEUED)", {"Status", "QUEUED"}),
        ("S.QUEUED is S.QUEUED", {"QUEUED", "S"}),
        ("S['QUEUED']", {"S", "'QUEUED'"}),
        ("S('queued')", {"S", "'queued'"}),
        ("'queued'", {"'queued'"}),
        ("Request(gone='', timeout = '')", {"timeout"}),
        ("Request(**{'timeout': ''})", {"'timeout'"}),
        ("def f(r: Request):\n  return r . timeout", {"timeout"}),
        ("def f(r: Request):\n  return getattr(r, 'timeout')", {"'timeout'"}),
        ("match x:\n  case Request(gone=_, timeout = (1 | 2)): pass", {"timeout"}),
        ("match x:\n  case Request(timeout=\n   1): pass", {""}),
        ("match x:\n  case S.QUEUED: pass", {"S", "QUEUED"}),
        ("import crucible_shared.evaluation as e; e.Status.QUEUED", {"Status", "QUEUED"}),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_hit_stands_at_the_characters_of_the_name(code: str, names: set[str], ends: str) -> None:
    text = (HEAD + code + "\n").replace("\n", ends)
    assert {shown(text, hit) for hit in found_in(text) if hit.line > 1} == names
    assert {shown(text, hit) for hit in found_in(text) if hit.line == 1} == {"Status"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "cp1252", "utf-8"])
def test_columns_count_characters_in_every_encoding(encoding: str) -> None:
    text = f"# coding: {encoding}\n{HEAD}x = 'äö', Status.QUEUED\n"
    hits = [hit for hit in found_in(text.encode(encoding)) if hit.line == 3]
    assert {(shown(text, hit), hit.text) for hit in hits} == {
        (name, "x = 'äö', Status.QUEUED") for name in ("Status", "QUEUED")
    }


def test_each_use_in_a_line_is_a_hit_of_its_own() -> None:
    hits = [hit for hit in found_in(f"{HEAD}S.QUEUED is S.QUEUED") if hit.symbol == "Status.QUEUED"]
    assert [hit.span.column for hit in hits] == [2, 14]


@pytest.mark.parametrize(
    ("code", "tier"),
    [
        ("Status.QUEUED", Tier.LIKELY),
        ("x == 'queued'", Tier.POSSIBLE),
        ("getattr(Status, 'QUEUED')", Tier.POSSIBLE),
        ("Status('queued')", Tier.LIKELY),
    ],
)
def test_what_only_a_text_says_is_possible_and_what_is_resolved_is_likely(code: str, tier: Tier) -> None:
    hits = [hit for hit in found_in(HEAD + code) if hit.breaks and hit.line == 2]
    assert [hit.tier for hit in hits] == [tier]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("import crucible_shared\n", Kind.SAFE),
        ("from crucible_shared import Request\nRequest().gone\n", Kind.SAFE),
        (HEAD, Kind.FIXABLE),
        (f"{HEAD}Status.QUEUED", Kind.FIXABLE),
        (f"{HEAD}x == 'queued'", Kind.NEEDS_A_PERSON),
        (f"{HEAD}match x:\n  case Request(timeout=\n   1): pass", Kind.NEEDS_A_PERSON),
    ],
)
def test_a_service_is_safe_or_fixable_or_needs_a_person(code: str, kind: Kind) -> None:
    said = verdict(found_in(code))
    assert said.kind is kind
    assert bool(said.for_a_person) is (kind is Kind.NEEDS_A_PERSON)
    assert all(map(why, said.for_a_person))


def test_what_breaks_and_has_no_new_name_needs_a_person_who_is_told_why() -> None:
    gone = states("Status", "done2", "timeout")
    said = verdict(found_in(f"{HEAD}Status.QUEUED", gone))
    assert said.kind is Kind.NEEDS_A_PERSON
    assert [(hit.file, hit.line, why(hit)) for hit in said.for_a_person] == [
        ("app.py", 2, said.for_a_person[0].cause.change.message)
    ]
