"""A small payload for a reader to look at, pure.

What the contract gives is taken first: an example, a value, a default; the loader has checked those. The rest
is built, and where building needs more than a look the whole is put to the validator.
"""

from dataclasses import dataclass, field

from crucible_pipeline.contracts import payload
from crucible_pipeline.contracts.model import Contract, JsonValue, Schema
from crucible_pipeline.contracts.plain import fits_plainly

_DEEPEST = 8
_MANY = 20
_LONGEST = 200
_FORMATS = {
    "date": "2026-01-31",
    "time": "10:00:00Z",
    "date-time": "2026-01-31T10:00:00Z",
    "duration": "PT30S",
    "email": "someone@packages.example",
    "hostname": "packages.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://packages.example/a",
    "uuid": "7b0a3a3e-6c0f-4b8e-9d3c-0d6a3f1e2b4c",
    "byte": "YQ==",
    "binary": "a",
    "decimal": "1.5",
}
# Conditions that building takes no account of.
_UNMET = (
    *("pattern", "multiple_of", "exclusive_minimum", "exclusive_maximum", "contains", "unique_items"),
    *("prefix_items", "unevaluated_items", "pattern_properties", "property_names", "min_properties"),
    *("max_properties", "dependent_required", "dependent_schemas", "unevaluated_properties", "not_", "if_"),
    *("one_of", "any_of", "all_of"),
)
_UNSAID = Schema()


class NoExampleError(Exception):
    """No small payload was found; there may still be one."""


def example(contract: Contract, schema: Schema) -> JsonValue:
    """A payload that the schema accepts.

    Args:
        contract: of the schema.
        schema: any of it.

    Raises:
        NoExampleError: none was found.
    """
    builder = _Builder(contract)
    found = builder.build(schema, "", 0)
    if builder.unsure and payload.rejections(contract, schema, found):
        raise NoExampleError
    return found


@dataclass(slots=True)
class _Builder:
    contract: Contract
    unsure: bool = field(default=False)

    def build(self, schema: Schema, name: str, depth: int) -> JsonValue:
        """A value for a field of a name."""
        if schema.examples:
            return schema.examples[0]
        if schema.default is not None:
            return schema.default.json
        if schema.const is not None:
            self.unsure = True
            return schema.const.json
        if schema.enum:
            self.unsure |= not fits_plainly(schema, schema.enum[0])
            return schema.enum[0]
        if depth > _DEEPEST or schema.always is False:
            raise NoExampleError
        if schema.ref is not None:
            self.unsure |= not schema.only_refers
            return self.build(self.contract.types[schema.ref].schema, name, depth + 1)
        self.unsure |= any(getattr(schema, key) != getattr(_UNSAID, key) for key in _UNMET)
        choice = schema.any_of or schema.one_of
        if choice and not schema.properties:
            return self.build(choice[0], name, depth + 1)
        return self._typed(schema, name, depth)

    def _typed(self, schema: Schema, name: str, depth: int) -> JsonValue:
        if "object" in schema.types or schema.properties or schema.all_of:
            return self._object(schema, depth)
        if "array" in schema.types:
            items, length = schema.items or _UNSAID, schema.min_items or 1
            if length > _MANY:
                raise NoExampleError
            return [self.build(items, name, depth + 1) for _ in range(length)]
        if "string" in schema.types or not schema.types:
            return self._text(schema, name)
        if "integer" in schema.types or "number" in schema.types:
            return self._number(schema)
        return False if "boolean" in schema.types else None

    def _object(self, schema: Schema, depth: int) -> JsonValue:
        """What is required, and what else the contract gives a value for."""
        found: dict[str, JsonValue] = {}
        for part in schema.all_of:
            built = self.build(part, "", depth + 1)
            found |= built if isinstance(built, dict) else {}
        for name, inner in schema.properties.items():
            if name in schema.required or inner.examples or inner.default is not None:
                found[name] = self.build(inner, name, depth + 1)
        for name in schema.required:
            if name not in found:
                self.unsure = True
                found[name] = "string"
        return found

    def _text(self, schema: Schema, name: str) -> str:
        if schema.format in _FORMATS:
            self.unsure |= schema.min_length is not None or schema.max_length is not None
            return _FORMATS[schema.format]
        self.unsure |= schema.format is not None
        text = f"some {name.replace('_', ' ')}".strip() if name else "string"
        low = schema.min_length or 0
        if low > _LONGEST:
            raise NoExampleError
        text = text.ljust(low, ".")
        return text[: schema.max_length] if schema.max_length is not None else text

    def _number(self, schema: Schema) -> JsonValue:
        low, high = schema.minimum, schema.maximum
        if low is not None:
            self.unsure |= "integer" in schema.types and not float(low).is_integer()
            return low
        if high is not None and high < 1:
            self.unsure |= "integer" in schema.types and not float(high).is_integer()
            return high
        return 1
