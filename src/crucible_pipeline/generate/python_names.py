"""Python names for what a contract names, pure."""

import builtins
import keyword

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.model import JsonValue

# What a model inherits from pydantic (2.5 to the newest); a field of such a name would hide it.
_INHERITED = frozenset(
    {"construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema"}
    | {
        "schema_json",
        "update_forward_refs",
        "validate",
        "model_computed_fields",
        "model_config",
        "model_construct",
    }
    | {"model_copy", "model_dump", "model_dump_json", "model_extra", "model_fields", "model_fields_set"}
    | {"model_json_schema", "model_parametrized_name", "model_post_init", "model_rebuild", "model_validate"}
    | {"model_validate_json", "model_validate_strings"}
)
# Names that a class body's annotations use; a field of such a name would change what they mean.
_USED = frozenset({"str", "int", "float", "bool", "list", "dict"})


def field(wire: str, taken: frozenset[str]) -> str:
    """The name of the field for a property.

    Args:
        wire: the property's name in the contract.
        taken: names that mean something else where the class stands.
    """
    name = names.field(wire)
    if name in _INHERITED or name in _USED or name in taken:
        name += "_"
    return name


def members(values: tuple[JsonValue, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """The member names of an enum's values, in their order; given names win."""
    return given or tuple(map(names.member, values))


def is_member(name: str) -> bool:
    """Whether an enum may have a member of this name."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("_")
        and name not in {"mro", "name", "value"}
    )


def is_free(name: str) -> bool:
    """Whether a module may define this name without hiding one of Python's."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not hasattr(builtins, name)
        and name != "Union"
    )
