"""What a property says besides its type, pure: its default, its marks, the warning about its use."""

from collections.abc import Iterator, Mapping

from crucible_pipeline.contracts.model import Contract, JsonValue, Schema
from crucible_pipeline.generate.python_enums import member_of
from crucible_pipeline.generate.python_kinds import EnumShape, Property, Shape
from crucible_pipeline.generate.python_scalars import ANNOTATED
from crucible_pipeline.generate.text import Either, Expression, Group, Name, call, literal


def default(
    contract: Contract, shapes: Mapping[str, Shape], item: Property, value: JsonValue
) -> Expression | None:
    """A default that can stand in the class; None if each model needs its own or it has to be read."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        found = _enum_in(shapes, item.annotation, value)
        if found is not None:
            return member_of(found, value)
    simple = contract.resolve(item.schema)
    if isinstance(value, list | dict):
        return None
    if isinstance(value, str) and simple.format in {"date-time", "date"}:
        return None
    if isinstance(value, float) and value.is_integer() and "integer" in simple.types:
        return repr(int(value))
    plain = simple.types and not simple.one_of and not simple.any_of and not simple.all_of
    return literal(value) if value is None or (plain and simple.enum is None) else None


def _enum_in(shapes: Mapping[str, Shape], annotation: Expression, value: JsonValue) -> EnumShape | None:
    """The first enum that a property's type takes as it stands and that has the value."""
    for name in _alternatives(annotation):
        found = shapes.get(name)
        if isinstance(found, EnumShape) and any(value is known or value == known for known in found.values):
            return found
    return None


def marks(schema: Schema) -> tuple[tuple[str, bool], ...]:
    """What a property's schema says about its use."""
    return ("deprecated", schema.deprecated), ("readOnly", schema.read_only), ("writeOnly", schema.write_only)


def warning(model: str, item: Property) -> str:
    """What is said when a property is used that the contract gives up."""
    words = " ".join((item.schema.description or "").split())
    return f"{model}.{item.wire} is deprecated{f': {words}' if words else ''}"


def _alternatives(annotation: Expression) -> Iterator[str]:
    """The contract's types among which a value chooses."""
    match annotation:
        case Name("", name):
            yield name
        case Either(members):
            for member in members:
                yield from _alternatives(member)
        case Group(head, items) if head == ANNOTATED:
            yield from _alternatives(items[0])
        case _:
            pass


def factory(annotation: Expression, value: JsonValue) -> Expression:
    """What makes a default anew for each model."""
    if value in ([], {}) and isinstance(annotation, Group) and annotation.head in {"list", "dict"}:
        return annotation
    return call(Name("._model", "parsed"), annotation, literal(value))
