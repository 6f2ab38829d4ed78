"""Which hits are certain: a type checker accepts the line with the old version and not with the new. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from crucible_pipeline.compat.change import Change
from crucible_pipeline.errors import Mark
from crucible_pipeline.upgrade.fault import Fault
from crucible_pipeline.upgrade.file import File
from crucible_pipeline.upgrade.impact import Hit, Impact
from crucible_pipeline.upgrade.use import Span, Tier
from crucible_pipeline.upgrade.wanted import Cause, Wanted
from crucible_pipeline.version import Severity

# The rule of an error that no change of the contracts explains by name.
TYPE_ERROR = "type-error"
_QUOTED = re.compile(r'"([^"]*)"')
_IDENTIFIER = re.compile(r"\w+")


def confirmed(found: Impact, faults: Iterable[Fault], names: Wanted, sources: Mapping[str, bytes]) -> Impact:
    """Raise what a checker confirms to certain, and add what only the checker sees.

    Args:
        found: by names in the syntax tree.
        faults: that the new version brings; files as in `sources`.
        names: that the changes concern.
        sources: path → content.
    """
    by_file: dict[str, list[Hit]] = {}
    for hit in found.hits:
        by_file.setdefault(hit.file, []).append(hit)
    certain: set[Hit] = set()
    added: set[Hit] = set()
    for fault in faults:
        near = [hit for hit in by_file.get(fault.file, ()) if hit.breaks and _covers(fault, hit)]
        meant = _meant(fault, near)
        certain.update(meant)
        if not near and fault.is_first:
            added.add(_hit(fault, names, File(fault.file, sources[fault.file])))
    hits = [replace(hit, tier=Tier.CERTAIN) if hit in certain else hit for hit in found.hits]
    return replace(found, hits=tuple(sorted({*hits, *added})))


def _covers(fault: Fault, hit: Hit) -> bool:
    return fault.line <= hit.line <= fault.end_line


def _meant(fault: Fault, near: Sequence[Hit]) -> list[Hit]:
    """The hits that an error speaks of: by name, or because its line holds no other."""
    said = _said(fault)
    named = [hit for hit in near if _last(hit.symbol) in said]
    if named or not fault.is_first:
        return named
    alone = [hit for hit in near if hit.line == fault.line and hit.tier is not Tier.POSSIBLE]
    return alone if len({hit.symbol for hit in alone}) == 1 else []


def _said(fault: Fault) -> set[str]:
    """The names that a message quotes: those of `"type[EvaluationStatus]" has no attribute "QUEUED"`."""
    return {name for quoted in _QUOTED.findall(fault.message) for name in _IDENTIFIER.findall(quoted)}


def _last(symbol: str) -> str:
    return symbol.strip('"').rpartition(".")[2]


def _hit(fault: Fault, names: Wanted, file: File) -> Hit:
    """A hit that only the checker sees."""
    mark = Mark(file.path, fault.line)
    own = Change(TYPE_ERROR, Severity.BREAKING, ("source",), fault.code, mark, fault.message)
    symbol, cause = next(_known(_said(fault), names), (fault.code, Cause(own)))
    text = file.line(fault.line)
    places = [found.span() for found in re.finditer(rf"\b{re.escape(_last(symbol))}\b", text)]
    begin, end = places[0] if len(places) == 1 else (0, 0)
    span = Span(fault.line, begin, fault.line, end)
    return Hit(file.path, fault.line, symbol, cause.change.rule, span, cause, text, Tier.CERTAIN)


def _known(said: set[str], names: Wanted) -> Iterator[tuple[str, Cause]]:
    """The wanted names of which a message speaks, the surest first."""
    parts = {**names.required, **names.fields, **names.members}
    found = [(f"{owner}.{part}", cause) for (owner, part), cause in parts.items() if {owner, part} <= said]
    found += [(name, cause) for name, cause in names.types.items() if name in said]
    # what is said of a class of the service that is made from one of the contract's
    inherited = [(f"{owner}.{part}", cause) for (owner, part), cause in parts.items() if part in said]
    found += inherited if len({cause.change.element for _, cause in inherited}) == 1 else []
    for path, cause in names.constants.items():
        *above, last = path.upper().split(".")
        if {*above[1:], last} <= said:
            found.append((".".join([above[0].lower(), *above[1:], last]), cause))
    found += [(f"channels.{name}", cause) for name, cause in names.channels.items() if name in said]
    found += [(name, cause) for name, cause in names.functions.items() if name in said]
    return (one for one in found if one[1].change.severity is Severity.BREAKING)
