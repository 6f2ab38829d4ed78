"""The rows about alternatives, defaults and words: what no payload shows, or only as a whole."""

from collections.abc import Iterator

from crucible_pipeline.compat.merge import WORDS
from crucible_pipeline.compat.rule import Finding, Place, Rule
from crucible_pipeline.compat.rules_bounds import KEEP_NEW, KEEP_OLD, LOOSER, TIGHTER, SchemaRule
from crucible_pipeline.compat.rules_objects import described
from crucible_pipeline.compat.values import key, shown
from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import KEYWORDS, Schema
from crucible_pipeline.version import Severity


def _only_null(schema: Schema) -> bool:
    return schema.types == ("null",)


def _lost(place: Place) -> Iterator[Finding]:
    if place.part != "union":
        return
    olds, news = place.open_alternatives
    null_is_told = "null" not in place.new_atoms
    for one in olds:
        if not (_only_null(one) and null_is_told) and all(
            "backward" in place.asking.broken(one, other) for other in news
        ):
            yield Finding(f"the alternative {described(one)} is no longer accepted")


def _gained(place: Place) -> Iterator[Finding]:
    if place.part != "union":
        return
    olds, news = place.open_alternatives
    null_is_told = "null" not in place.old_atoms
    for one in news:
        if not (_only_null(one) and null_is_told) and all(
            "forward" in place.asking.broken(other, one) for other in olds
        ):
            yield Finding(f"the alternative {described(one)} is accepted now")


def _default_changed(place: Place) -> Iterator[Finding]:
    old, new = place.old.default, place.new.default
    if place.part == "whole" and old is not None and new is not None and key(old.json) != key(new.json):
        yield Finding(f"the default changed from {shown(old.json)} to {shown(new.json)}", mark=new.mark)


def _default_added(place: Place) -> Iterator[Finding]:
    new = place.new.default
    if place.part == "whole" and place.old.default is None and new is not None:
        yield Finding(f"the default {shown(new.json)} was added", mark=new.mark)


def _default_removed(place: Place) -> Iterator[Finding]:
    old = place.old.default
    if place.part == "whole" and old is not None and place.new.default is None:
        yield Finding(
            f"the default {shown(old.json)} was removed", breaks=("source",) if place.optional else ()
        )


def _described(place: Place) -> Iterator[Finding]:
    if place.part == "whole":
        changed = [
            KEYWORDS[name]
            for name in KEYWORDS
            if name in WORDS - {"enum_deprecated"} and getattr(place.old, name) != getattr(place.new, name)
        ]
        if not place.steps and any(
            place.asking.same_type(one, place.element) for one in place.new.renamed_from
        ):
            # the renaming itself has a row
            changed = [word for word in changed if word != KEYWORDS["renamed_from"]]
        if _tells_renames(place):
            changed = [word for word in changed if word != KEYWORDS["enum_renamed_from"]]
        if changed:
            yield Finding(f"only words changed: {', '.join(changed)}")


def _tells_renames(place: Place) -> bool:
    """Whether each new former name of a value is one of the old enum, so that other rows tell of it."""
    names = former.member_names(place.old)
    known = {*names, *names.values()}
    before, after = place.old.enum_renamed_from, place.new.enum_renamed_from
    new = [said for value, said in after.items() if before.get(value) != said]
    return before.keys() <= after.keys() and all(known.intersection(said) for said in new)


def _deprecated(place: Place) -> Iterator[Finding]:
    if place.part == "whole" and place.old.deprecated != place.new.deprecated:
        yield Finding("it is deprecated now" if place.new.deprecated else "it is no longer deprecated")


def _direction(place: Place) -> Iterator[Finding]:
    if place.part == "whole" and place.old.direction != place.new.direction:
        yield Finding(f"its direction changed from {place.old.direction} to {place.new.direction}")


def _called(place: Place) -> Iterator[Finding]:
    old, new = place.old.python_name, place.new.python_name
    if place.part == "whole" and old != new:
        yield Finding(f"in Python it is called {new or 'as it is'} now and was called {old or 'as it is'}")


def _access(place: Place) -> Iterator[Finding]:
    if place.part == "whole":
        for name in ("read_only", "write_only"):
            old, new = getattr(place.old, name), getattr(place.new, name)
            if old != new:
                yield Finding(f"{KEYWORDS[name]} changed from {str(old).lower()} to {str(new).lower()}")


def _discriminator(place: Place) -> Iterator[Finding]:
    old, new = place.old.discriminator, place.new.discriminator
    if place.part == "whole" and old != new:
        yield Finding(f"the discriminator changed from {old or 'none'} to {new or 'none'}")


_DEFAULT = (
    "Whoever leaves the value out means another one than before, and both releases run at the same time."
)
_TELL = "tell in the description what changes for those who leave it out"

RULES: tuple[SchemaRule, ...] = (
    Rule("alternative-removed", ("backward",), Severity.ADDITIVE, TIGHTER, KEEP_OLD, _lost),
    Rule("alternative-added", ("forward",), Severity.ADDITIVE, LOOSER, KEEP_NEW, _gained),
    Rule("default-changed", (), Severity.ADDITIVE, _DEFAULT, _TELL, _default_changed, provable=False),
    Rule("default-added", (), Severity.ADDITIVE, _DEFAULT, _TELL, _default_added, provable=False),
    Rule(
        "default-removed",
        ("source",),
        Severity.ADDITIVE,
        "Code that reads the optional property finds None where it found the default.",
        "keep the default within this line, or release the next line",
        _default_removed,
        provable=False,
    ),
    Rule(
        "python-name-changed",
        ("source",),
        Severity.ADDITIVE,
        "Python code that uses the old name fails; the payload stays as it is.",
        "keep the name, or release the next line",
        _called,
        provable=False,
    ),
    Rule(
        "direction-changed",
        (),
        Severity.ADDITIVE,
        "Who writes and who reads decides which changes break; until the next release both statements count.",
        "see that the direction is true for every service",
        _direction,
        provable=False,
    ),
    Rule(
        "access-changed",
        (),
        Severity.ADDITIVE,
        "readOnly and writeOnly tell who sets a property; they decide about no payload.",
        "see that no service still sends or expects it",
        _access,
        provable=False,
    ),
    Rule(
        "discriminator-changed",
        (),
        Severity.ADDITIVE,
        "It tells readers how to choose among the alternatives; it decides about no payload.",
        "see that every alternative still carries the property",
        _discriminator,
        provable=False,
    ),
    Rule(
        "deprecation-changed",
        (),
        Severity.NEUTRAL,
        "Editors and documentation say so; nothing else changes.",
        "name what to use instead in the description",
        _deprecated,
        provable=False,
    ),
    Rule(
        "description-changed",
        (),
        Severity.NEUTRAL,
        "Only words for people changed.",
        "nothing is to be done",
        _described,
        provable=False,
    ),
)
