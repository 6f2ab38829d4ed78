"""The rows about types and values: what a payload may be at one place."""

from collections.abc import Iterator

from crucible_pipeline.compat.change import Direction
from crucible_pipeline.compat.normal import closed
from crucible_pipeline.compat.rule import Finding, Place, Rule
from crucible_pipeline.compat.rules_bounds import KEEP_NEW, KEEP_OLD, LOOSER, TIGHTER, SchemaRule
from crucible_pipeline.compat.values import key, named, shown
from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import JsonValue, Schema
from crucible_pipeline.version import Severity

NULL = frozenset({"null"})


def _lost_and_gained(place: Place) -> tuple[frozenset[str], frozenset[str]]:
    """Types accepted only before and only now; null has rows of its own."""
    if place.part != "core" or place.listed:
        return frozenset(), frozenset()
    return place.old_atoms - place.new_atoms - NULL, place.new_atoms - place.old_atoms - NULL


def _types(place: Place) -> str:
    old, new = (atoms - NULL or atoms for atoms in (place.old_atoms, place.new_atoms))
    return f"the type changed from {named(old) if old else 'nothing'} to {named(new) if new else 'nothing'}"


def _narrowed(place: Place) -> Iterator[Finding]:
    lost, gained = _lost_and_gained(place)
    if lost and not gained:
        yield Finding(_types(place))


def _widened(place: Place) -> Iterator[Finding]:
    lost, gained = _lost_and_gained(place)
    if gained and not lost:
        yield Finding(_types(place))


def _changed(place: Place) -> Iterator[Finding]:
    lost, gained = _lost_and_gained(place)
    if lost and gained:
        yield Finding(_types(place))


def _null_allowed(place: Place) -> Iterator[Finding]:
    if place.decides and "null" in place.new_atoms - place.old_atoms:
        yield Finding("null is accepted now", hints=(None,))


def _null_forbidden(place: Place) -> Iterator[Finding]:
    if place.decides and "null" in place.old_atoms - place.new_atoms:
        yield Finding("null is no longer accepted", hints=(None,))


def values_of(schema: Schema) -> dict[str, JsonValue]:
    """The listed values but null, by their key."""
    return {key(value): value for value in schema.enum or () if value is not None}


def _element(place: Place, value: JsonValue) -> str:
    return f"{place.element}.{value if isinstance(value, str) and value else key(value)}"


def _both_list(place: Place) -> bool:
    return place.part == "core" and place.old.enum is not None and place.new.enum is not None


def _is_constant(place: Place) -> bool:
    return place.listed and len(values_of(place.old)) == len(values_of(place.new)) == 1


def _value_added(place: Place) -> Iterator[Finding]:
    if not _both_list(place) or _is_constant(place):
        return
    old, new = values_of(place.old), values_of(place.new)
    heirs = set(_heirs(place).values())
    for name in (name for name in new if name not in old and name not in heirs):
        broken: tuple[Direction, ...] = ("forward",) if closed(place.old) else ()
        known = "and readers of the older release keep a value they do not know"
        yield Finding(
            f"the value {shown(new[name])} was added" if broken else f"{shown(new[name])} was added, {known}",
            breaks=broken,
            element=_element(place, new[name]),
            hints=(new[name],),
        )


def _value_removed(place: Place) -> Iterator[Finding]:
    if not _both_list(place) or _is_constant(place):
        return
    old, new = values_of(place.old), values_of(place.new)
    heirs = _heirs(place)
    for name in (name for name in old if name not in new and name not in heirs):
        yield Finding(
            f"the value {shown(old[name])} was removed",
            breaks=("backward", "source") if closed(place.new) else ("source",),
            element=_element(place, old[name]),
            hints=(old[name],),
        )


def _heirs(place: Place) -> dict[str, str]:
    """Key of a former value → key of the value that says where it comes from."""
    old, new = values_of(place.old), values_of(place.new)
    names = former.member_names(place.old)
    found: dict[str, str] = {}
    for now in (name for name in new if name not in old):
        said = place.new.enum_renamed_from.get(str(new[now]), ())
        for before in (name for name in old if name not in new):
            if {str(old[before]), names.get(str(old[before]))}.intersection(said):
                found.setdefault(before, now)
    return found


def _value_renamed(place: Place) -> Iterator[Finding]:
    if not _both_list(place) or _is_constant(place):
        return
    old, new = values_of(place.old), values_of(place.new)
    before, after, kept = (
        former.member_names(place.old),
        former.member_names(place.new),
        former.members(place.new),
    )
    for name, heir in _heirs(place).items():
        member = before.get(str(old[name]), "")
        alias = kept.get(member) == after.get(str(new[heir]))
        broken: tuple[Direction, ...] = ("backward",) if closed(place.new) else ()
        broken = (*broken, "forward") if closed(place.old) else broken
        broken = broken if alias else (*broken, "source")
        yield Finding(
            f"the value {shown(old[name])} is called {shown(new[heir])} now"
            + (f", and the member {member} warns" if alias else ""),
            breaks=broken,
            element=_element(place, new[heir]),
            hints=(old[name], new[heir]),
        )


def _constant_changed(place: Place) -> Iterator[Finding]:
    if not _both_list(place) or not _is_constant(place):
        return
    (old_name, old), (new_name, new) = (
        next(iter(values_of(schema).items())) for schema in (place.old, place.new)
    )
    if old_name != new_name:
        yield Finding(f"the only accepted value changed from {shown(old)} to {shown(new)}", hints=(old, new))


def _opened(place: Place) -> Iterator[Finding]:
    if _both_list(place) and closed(place.old) and place.new.extensible:
        yield Finding("the enum is open now: values that it does not list are accepted")


def _closed(place: Place) -> Iterator[Finding]:
    if _both_list(place) and place.old.extensible and closed(place.new):
        yield Finding("the enum is closed now: values that it does not list are refused")


_FINITE: dict[str, tuple[JsonValue, ...]] = {"boolean": (True, False), "null": (None,)}


def _covers(listing: Schema, atoms: frozenset[str]) -> bool:
    """Whether a list of values holds everything of these types."""
    listed = {key(value) for value in listing.enum or ()}
    return all(
        name in _FINITE and all(value is None or key(value) in listed for value in _FINITE[name])
        for name in atoms
    )


def _introduced(place: Place) -> Iterator[Finding]:
    if place.part != "core" or place.old.enum is not None or not closed(place.new):
        return
    strange = [v for v in values_of(place.new).values() if place.asking.old.rejects(place.old, v)]
    broken: tuple[Direction, ...] = () if _covers(place.new, place.old_atoms) else ("backward",)
    if strange:
        broken = (*broken, "forward")
    if broken:
        listed = ", ".join(shown(value) for value in place.new.enum or ())
        yield Finding(f"only listed values are accepted now: {listed}", breaks=broken)


def _dropped(place: Place) -> Iterator[Finding]:
    if place.part != "core" or place.new.enum is not None or not closed(place.old):
        return
    strange = [v for v in values_of(place.old).values() if place.asking.new.rejects(place.new, v)]
    broken: tuple[Direction, ...] = ("backward",) if strange else ()
    if not _covers(place.old, place.new_atoms):
        broken = (*broken, "forward")
    if broken:
        yield Finding(f"values are no longer listed: {named(place.new_atoms)} is accepted", breaks=broken)


def _words_list(place: Place) -> bool:
    """Both sides list values, seen at the element as a whole: member names are words of the code."""
    return place.part == "whole" and place.old.enum is not None and place.new.enum is not None


def _member_renamed(place: Place) -> Iterator[Finding]:
    if not _words_list(place):
        return
    old, new = former.member_names(place.old), former.member_names(place.new)
    kept = former.members(place.new)
    for value in values_of(place.new).values():
        before, after = old.get(str(value)), new.get(str(value))
        if before != after and key(value) in values_of(place.old):
            alias = kept.get(before or "") == after
            yield Finding(
                f"the member of {shown(value)} is called {after} now and was called {before}"
                + (", and its former name warns" if alias else ""),
                breaks=() if alias else ("source",),
                element=_element(place, value),
            )


def _value_deprecated(place: Place) -> Iterator[Finding]:
    if not _words_list(place):
        return
    old, new = ({key(value) for value in side.enum_deprecated} for side in (place.old, place.new))
    for name, value in values_of(place.new).items():
        if (name in old) != (name in new) and name in values_of(place.old):
            text = "it is deprecated now" if name in new else "it is no longer deprecated"
            yield Finding(f"{shown(value)}: {text}", element=_element(place, value))


RULES: tuple[SchemaRule, ...] = (
    Rule(
        "type-narrowed",
        ("backward",),
        Severity.ADDITIVE,
        TIGHTER,
        "keep accepting the old type within this line, or release the next line",
        _narrowed,
    ),
    Rule(
        "type-widened",
        ("forward",),
        Severity.ADDITIVE,
        LOOSER,
        "let readers upgrade first: keep the old type within this line, or release the next line",
        _widened,
    ),
    Rule(
        "type-changed",
        ("backward", "forward"),
        Severity.ADDITIVE,
        "What one release sends the other one refuses.",
        "add a property of the new type beside the old one, or release the next line",
        _changed,
    ),
    Rule(
        "null-allowed",
        ("forward",),
        Severity.ADDITIVE,
        "A service of the newer release may send null; the older one refuses it.",
        "leave the property out instead of sending null, or release the next line",
        _null_allowed,
    ),
    Rule(
        "null-forbidden",
        ("backward",),
        Severity.ADDITIVE,
        "A service of the older release may send null; the newer one refuses it.",
        "keep accepting null within this line, or release the next line",
        _null_forbidden,
    ),
    Rule(
        "enum-value-added",
        ("forward",),
        Severity.ADDITIVE,
        "A service of the newer release may send the new value; a reader of a closed enum refuses what it "
        "does not list.",
        "declare the enum open (x-extensible-enum: true) in the next line, or release the value with it",
        _value_added,
    ),
    Rule(
        "enum-value-removed",
        ("backward", "source"),
        Severity.ADDITIVE,
        "A service of the older release may send the value, and code that names its member fails.",
        "keep the value and mark it as deprecated in its description, or release the next line",
        _value_removed,
    ),
    Rule(
        "enum-member-renamed",
        ("source",),
        Severity.ADDITIVE,
        "Code that names the member by its old name is warned, or fails where that name is not kept; the "
        "payload stays as it is.",
        "keep the old name under x-enum-renamed-from until the next line begins",
        _member_renamed,
    ),
    Rule(
        "enum-value-renamed",
        ("backward", "forward", "source"),
        Severity.ADDITIVE,
        "On the wire it is another value: a closed enum refuses the one of the other release. Code that "
        "names the old member is warned, or fails where that name is not kept.",
        "add the new value in the line before and remove the old one in the next line",
        _value_renamed,
    ),
    Rule(
        "enum-deprecation-changed",
        (),
        Severity.NEUTRAL,
        "Editors, documentation and a warning where code names the member say so; nothing else changes.",
        "name what to use instead in the value's description",
        _value_deprecated,
        provable=False,
    ),
    Rule("enum-opened", ("forward",), Severity.ADDITIVE, LOOSER, KEEP_NEW, _opened),
    Rule("enum-closed", ("backward",), Severity.ADDITIVE, TIGHTER, KEEP_OLD, _closed),
    Rule("enum-introduced", ("backward", "forward"), Severity.ADDITIVE, TIGHTER, KEEP_OLD, _introduced),
    Rule("enum-dropped", ("backward", "forward"), Severity.ADDITIVE, LOOSER, KEEP_NEW, _dropped),
    Rule(
        "const-changed",
        ("backward", "forward", "source"),
        Severity.ADDITIVE,
        "Each release sends the one value that the other one refuses.",
        "add a new type for the new value, or release the next line",
        _constant_changed,
    ),
)
