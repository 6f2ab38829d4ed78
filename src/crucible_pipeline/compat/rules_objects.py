"""The rows about objects: which properties there are, which must be there, which others may be."""

from collections.abc import Iterator

from crucible_pipeline.compat.change import Direction
from crucible_pipeline.compat.matching import is_found
from crucible_pipeline.compat.merge import UNEVALUATED, said
from crucible_pipeline.compat.rule import Finding, Place, Rule
from crucible_pipeline.compat.rules_bounds import KEEP_NEW, KEEP_OLD, LOOSER, TIGHTER, SchemaRule
from crucible_pipeline.compat.values import named
from crucible_pipeline.contracts.model import Schema
from crucible_pipeline.version import Severity


def unnamed(schema: Schema, name: str) -> Schema | None:
    """What an object says of a property that it does not name; None if nothing."""
    matching = tuple(inner for pattern, inner in schema.pattern_properties.items() if is_found(pattern, name))
    if matching:
        return matching[0] if len(matching) == 1 else Schema(all_of=matching)
    return schema.additional_properties


def renamed(place: Place) -> dict[str, str]:
    """New name → old name of the properties that say where they come from."""
    return {
        name: former
        for name, schema in place.new.properties.items()
        for former in schema.renamed_from[::-1]
        if former in place.old.properties
        and former not in place.new.properties
        and name not in place.old.properties
    }


def _added(place: Place) -> dict[str, Schema]:
    if not place.shares("object"):
        return {}
    known = {*place.old.properties, *renamed(place)}
    return {name: schema for name, schema in place.new.properties.items() if name not in known}


def _removed(place: Place) -> dict[str, Schema]:
    if not place.shares("object"):
        return {}
    known = {*place.new.properties, *renamed(place).values()}
    return {name: schema for name, schema in place.old.properties.items() if name not in known}


def _arrival(place: Place, name: str) -> tuple[Direction, ...]:
    """What a property that is named only now breaks by its values.

    An open object ignores what it does not name, and nobody sends it: the lenient policy of registries.
    """
    before = _told(place, unnamed(place.old, name))
    broken = place.asking.broken(before, place.new.properties[name]) if before is not None else ()
    return tuple(way for way in ("backward", "forward") if way in broken)


def _told(place: Place, schema: Schema | None) -> Schema | None:
    """What is said of an unnamed property; a strict comparison takes silence for `true`."""
    if schema is None or schema.always is True:
        return Schema() if place.asking.strict else None
    return schema


def _departure(place: Place, name: str) -> tuple[Direction, ...]:
    after = _told(place, unnamed(place.new, name))
    broken = place.asking.broken(place.old.properties[name], after) if after is not None else ()
    return tuple(way for way in ("backward", "forward") if way in broken)


def _demanded(place: Place, name: str) -> bool:
    return name in place.new.required and name not in place.old.required


def _released(place: Place, name: str) -> bool:
    return name in place.old.required and name not in place.new.required


def _ordered(*broken: Direction) -> tuple[Direction, ...]:
    return tuple(way for way in ("backward", "forward", "source") if way in broken)


def _added_optional(place: Place) -> Iterator[Finding]:
    for name, schema in _added(place).items():
        if not _demanded(place, name):
            yield Finding(
                "the property was added",
                breaks=_arrival(place, name),
                element=f"{place.element}.{name}",
                mark=schema.mark,
                carrying=name,
            )


def _added_required(place: Place) -> Iterator[Finding]:
    for name, schema in _added(place).items():
        if _demanded(place, name):
            yield Finding(
                "a required property was added",
                breaks=_ordered("backward", *_arrival(place, name)),
                element=f"{place.element}.{name}",
                mark=schema.mark,
                lacking=name,
            )


def _removed_optional(place: Place) -> Iterator[Finding]:
    for name in _removed(place):
        if not _released(place, name):
            yield Finding(
                "the property was removed",
                breaks=_ordered("source", *_departure(place, name)),
                element=f"{place.element}.{name}",
                carrying=name,
            )


def _removed_required(place: Place) -> Iterator[Finding]:
    for name in _removed(place):
        if _released(place, name):
            yield Finding(
                "a required property was removed",
                breaks=_ordered("forward", "source", *_departure(place, name)),
                element=f"{place.element}.{name}",
                lacking=name,
            )


def _property_renamed(place: Place) -> Iterator[Finding]:
    if not place.shares("object"):
        return
    for name, former in renamed(place).items():
        broken: list[Direction] = ["source", *_arrival(place, name), *_departure(place, former)]
        if _demanded(place, name):
            broken.append("backward")
        if _released(place, former):
            broken.append("forward")
        yield Finding(
            f"the property {former} is called {name} now",
            breaks=_ordered(*broken),
            element=f"{place.element}.{name}",
            mark=place.new.properties[name].mark,
        )


def _kept(place: Place, name: str) -> bool:
    return name not in _added(place) and name not in _removed(place) and name not in renamed(place)


def _became_required(place: Place) -> Iterator[Finding]:
    if place.shares("object"):
        for name in place.new.required:
            if _demanded(place, name) and _kept(place, name):
                holder = place.new.properties.get(name)
                yield Finding(
                    "the property is required now",
                    element=f"{place.element}.{name}",
                    mark=holder.mark if holder else None,
                    lacking=name,
                )


def _became_optional(place: Place) -> Iterator[Finding]:
    if place.shares("object"):
        for name in place.old.required:
            gone = name in renamed(place).values()
            if _released(place, name) and _kept(place, name) and not gone:
                holder = place.new.properties.get(name)
                yield Finding(
                    "the property is optional now",
                    element=f"{place.element}.{name}",
                    mark=holder.mark if holder else None,
                    lacking=name,
                )


def never(schema: Schema | None) -> bool:
    """Whether a schema is `false`."""
    return schema is not None and schema.always is False


def _closes(place: Place) -> Iterator[Finding]:
    if place.shares("object"):
        old, new = place.old.additional_properties, place.new.additional_properties
        if never(new) and not never(old):
            yield Finding("properties that it does not name are refused now")


def _opens(place: Place) -> Iterator[Finding]:
    if place.shares("object"):
        old, new = place.old.additional_properties, place.new.additional_properties
        if never(old) and not never(new):
            yield Finding("properties that it does not name are accepted now")


def _dependencies(schema: Schema) -> set[tuple[str, str]]:
    return {(name, needed) for name, all_needed in schema.dependent_required.items() for needed in all_needed}


def _dependency_added(place: Place) -> Iterator[Finding]:
    if place.shares("object"):
        for name, needed in sorted(_dependencies(place.new) - _dependencies(place.old)):
            yield Finding(f"{name} needs {needed} beside it now")


def _dependency_removed(place: Place) -> Iterator[Finding]:
    if place.shares("object"):
        for name, needed in sorted(_dependencies(place.old) - _dependencies(place.new)):
            yield Finding(f"{name} no longer needs {needed} beside it")


def described(schema: Schema) -> str:
    """A schema in a few words, for a message."""
    if schema.ref is not None:
        return schema.ref
    if schema.enum is not None and not schema.extensible:
        return "a list of values"
    from_types = named(schema.types) if schema.types else "any type"
    names = ", ".join(list(schema.properties)[:3])
    return f"{from_types} with {names}" if names else from_types


# Keywords whose payload sets are compared by what they say only: two that differ are taken as incompatible.
_UNDECIDED = (
    ("not_",),
    ("if_", "then", "else_"),
    ("one_of",),
    ("contains", "min_contains", "max_contains"),
    ("dependent_schemas",),
)


def _undecided(place: Place) -> Iterator[Finding]:
    if place.part == "rest":
        broken: list[Direction] = []
        if place.new.all_of:
            broken.append("backward")
        if place.old.all_of:
            broken.append("forward")
        yield Finding("what allOf says changed", breaks=_ordered(*broken))
    if place.part != "core" or place.listed:
        return
    if any(said(side, name) for side in (place.old, place.new) for name in UNEVALUATED):
        if not place.asking.same(place.old, place.new):
            yield Finding("a schema with unevaluated parts changed")
        return
    for names in _UNDECIDED:
        old, new = (
            Schema(**{name: getattr(side, name) for name in names}) for side in (place.old, place.new)
        )
        silent = all(not said(side, name) for side in (old, new) for name in names)
        if not silent and not place.asking.same(old, new):
            words = names[0].rstrip("_").replace("one_of", "oneOf").replace("dependent_s", "dependentS")
            yield Finding(f"what {words} says changed")
    if place.shares("object") and set(place.old.pattern_properties) != set(place.new.pattern_properties):
        yield Finding("the patterns of property names changed")


_NAMES = "Code that reads or sets the property fails."
RULES: tuple[SchemaRule, ...] = (
    Rule(
        "property-added-optional",
        ("backward", "forward"),
        Severity.ADDITIVE,
        "Readers of an open object ignore a property they do not know; a closed object, or one that gives "
        "its unnamed properties a type, may refuse it.",
        "open the object in the line before (no additionalProperties), or release the next line",
        _added_optional,
    ),
    Rule(
        "property-added-required",
        ("backward", "forward"),
        Severity.ADDITIVE,
        "A service of the older release does not send the property; the newer one insists on it.",
        "make it optional, with a default, or release the next line",
        _added_required,
    ),
    Rule(
        "property-removed-optional",
        ("backward", "forward", "source"),
        Severity.ADDITIVE,
        f"{_NAMES} What older services send in it is ignored, or refused by a closed object.",
        "mark it as deprecated and remove it in the next line",
        _removed_optional,
    ),
    Rule(
        "property-removed-required",
        ("backward", "forward", "source"),
        Severity.ADDITIVE,
        f"{_NAMES} A reader of the older release insists on the property, and newer services do not send it.",
        "mark it as deprecated and remove it in the next line",
        _removed_required,
    ),
    Rule(
        "property-renamed",
        ("backward", "forward", "source"),
        Severity.ADDITIVE,
        "On the wire it is another property: each release ignores or misses the other's. Python code is "
        "warned of the former name; in TypeScript an object is the payload itself, and such code fails.",
        "add the new name beside the old one and remove the old one in the next line",
        _property_renamed,
    ),
    Rule(
        "property-became-required",
        ("backward",),
        Severity.ADDITIVE,
        "A service of the older release may leave the property out; the newer one insists on it.",
        "keep it optional within this line, or release the next line",
        _became_required,
    ),
    Rule(
        "property-became-optional",
        ("forward",),
        Severity.ADDITIVE,
        "A service of the newer release may leave the property out; the older one insists on it.",
        "keep it required within this line, or release the next line",
        _became_optional,
    ),
    Rule("additional-properties-forbidden", ("backward",), Severity.ADDITIVE, TIGHTER, KEEP_OLD, _closes),
    Rule("additional-properties-allowed", ("forward",), Severity.ADDITIVE, LOOSER, KEEP_NEW, _opens),
    Rule("dependent-required-added", ("backward",), Severity.ADDITIVE, TIGHTER, KEEP_OLD, _dependency_added),
    Rule(
        "dependent-required-removed", ("forward",), Severity.ADDITIVE, LOOSER, KEEP_NEW, _dependency_removed
    ),
    Rule(
        "schema-changed",
        ("backward", "forward"),
        Severity.ADDITIVE,
        "Some payload is accepted on one side only, or nobody can tell whether one is.",
        "say it with simpler keywords, or release the next line",
        _undecided,
    ),
)
