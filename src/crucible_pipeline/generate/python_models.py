"""Modules of types, pure: enums, models and aliases as Python text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import Contract, JsonValue
from crucible_pipeline.contracts.sparse import stated
from crucible_pipeline.generate import python_fields, python_names, python_order
from crucible_pipeline.generate.python_enums import enum_text, gone, words_of
from crucible_pipeline.generate.python_former import (
    DEPRECATED,
    OVERLOAD,
    TYPE_CHECKING,
    Former,
    Replaced,
    called,
    metaclass,
    model_stubs,
    module_end,
)
from crucible_pipeline.generate.python_index import lazy_module
from crucible_pipeline.generate.python_kinds import AliasShape, EnumShape, ModelShape, Property, Shape
from crucible_pipeline.generate.python_order import Layout
from crucible_pipeline.generate.python_scalars import FIELD
from crucible_pipeline.generate.python_scope import Line, Scope, Shared
from crucible_pipeline.generate.text import (
    HEADER,
    Expression,
    Group,
    Keyed,
    Name,
    assignment,
    call,
    class_head,
    docstring,
    lay,
    literal,
    rank,
    subscript,
)

_MAYBE = Name("._model", "Maybe")
# What annotations may name; a property of such a name becomes a field of another one.
_IMPORTABLE = frozenset(
    {"AgedModel", "Annotated", "Any", "CheckedModel", "Checked", "ClassVar", "ConfigDict", "Date", "DateTime"}
    | {"Field", "Float", "Int", "Integer", "Literal", "Mapping", "Maybe", "Model", "Number", "SparseModel"}
    | {"StrictBool", "Text", "Union", "WholeNumber", "parsed"}
)
# A property that says no more has the same line wherever its name and its annotation are the same.
_FLAT = frozenset({"mark", "types", "format", "ref", "title", "description"})


def type_modules(
    contract: Contract, shapes: Mapping[str, Shape], layout: Layout, former: Mapping[str, str]
) -> dict[str, str]:
    """Module → its text, for every module that defines or shows types; `former` names of types stay there."""
    replaced: dict[str, list[Replaced]] = {}
    for old, now in former.items():
        replaced.setdefault(shapes[now].module, []).append(
            Replaced(old, now, called(old, now), f"{old} = {now}")
        )
    modules: dict[str, list[str]] = {}
    shown: dict[str, list[str]] = {}
    for name, shape in shapes.items():
        modules.setdefault(layout.homes[name], []).append(name)
        if layout.homes[name] != shape.module:
            modules.setdefault(shape.module, [])
            shown.setdefault(shape.module, []).append(name)
    aliases = python_order.recursive_aliases(shapes, layout.needs)
    shared = Shared()
    found: dict[str, str] = {}
    for module, names in modules.items():
        if module in layout.cut and not names:
            words = contract.module_descriptions.get(module) or _about(module)
            homes = {name: layout.homes[name] for name in shown[module]}
            found[module] = lazy_module(words, homes, replaced.get(module, []))
        else:
            writer = _Module(contract, shapes, layout, aliases, module, shared)
            found[module] = writer.text(names, shown.get(module, []), replaced.get(module, []))
    return found


@dataclass(slots=True)
class _Module:
    contract: Contract
    shapes: Mapping[str, Shape]
    layout: Layout
    roots: frozenset[str]
    name: str
    shared: Shared
    scope: Scope = field(init=False)

    def text(self, names: list[str], shown: list[str], replaced: list[Replaced]) -> str:
        needs = self.layout.needs
        own = frozenset({*names, *shown, *(other for name in names for other in needs[name])})
        self.scope = Scope(self.name, self.layout.homes, own)
        for name in shown:
            self.scope.use(Name("", name))
        here = set(names)
        graph = {name: tuple(other for other in needs[name] if other in here) for name in names}
        circles = python_order.components(graph)
        late = {name for group in circles for name in group if len(group) > 1 or name in graph[name]}
        blocks = [self._shape(self.shapes[name]) for group in circles for name in self._within(group)]
        late_models = [name for name in names if name in late and self._is_class(name)]
        rebuilds = "".join(f"{name}.model_rebuild()\n" for name in late_models if len(late) > 1)
        words = self.contract.module_descriptions.get(self.name) or _about(self.name)
        shapes = [self.shapes[name] for name in names]
        methods = any(
            isinstance(shape, EnumShape) and shape.name in self.contract.machines for shape in shapes
        )
        body = "\n\n".join([*blocks, *([rebuilds] if rebuilds else [])])
        aliased = any(isinstance(shape, EnumShape) and former.members(shape.schema) for shape in shapes)
        head = self.scope.statements(future=bool(late) or methods or aliased)
        every = Group("", tuple(literal(name) for name in sorted({*names, *shown}, key=rank)), "[]")
        exports = assignment("__all__", None, every)
        gap = "\n\n" if blocks and not isinstance(self.shapes[names[0]], AliasShape) else "\n"
        end = module_end(replaced)
        checking = TYPE_CHECKING if "if TYPE_CHECKING:" in body + end else ""
        parts = [HEADER + docstring(words), head, checking, exports + "\n"]
        return "\n".join(part for part in parts if part) + (gap + body if body else "") + end

    def _within(self, group: tuple[str, ...]) -> list[str]:
        """Models first: their annotations may name what comes later, an alias may not."""
        aliases = {name for name in group if isinstance(self.shapes[name], AliasShape)}
        graph = {
            name: tuple(other for other in self.layout.needs[name] if other in aliases)
            for name in sorted(aliases)
        }
        ordered = [name for part in python_order.components(graph) for name in part]
        return [*sorted(set(group) - aliases), *ordered]

    def _is_class(self, name: str) -> bool:
        return isinstance(self.shapes[name], ModelShape) or name in self.roots

    def _shape(self, shape: Shape) -> str:
        if isinstance(shape, EnumShape):
            return self._enum(shape)
        if isinstance(shape, ModelShape):
            return self._model(shape)
        if shape.name in self.roots:
            root = self.scope.place("root", shape.annotation, None, 1)
            base = self.scope.use(Name("._model", "Root"))
            return f"{class_head(shape.name, base)}{words_of(shape)}\n{root}"
        text = self.scope.place(shape.name, Name("typing", "TypeAlias"), shape.annotation, 0)
        return text + (docstring(shape.schema.description) if shape.schema.description else "")

    def _enum(self, shape: EnumShape) -> str:
        bases = [self.scope.use(Name("enum", "StrEnum" if isinstance(shape.values[0], str) else "IntEnum"))]
        before, names = "", former.members(shape.schema)
        if names or shape.schema.enum_deprecated:
            self.scope.use(Name("typing", "ClassVar"))
            base = self.scope.use(Name("._former", "Members"))
            if names:
                self.scope.use(DEPRECATED)
                found = [
                    Former(old, shape.name, called(f"{shape.name}.{old}", now)) for old, now in names.items()
                ]
                before = metaclass(f"_{shape.name}Names", base, found)
                base = f"_{shape.name}Names"
            bases.append(f"metaclass={base}")
        machine = self.contract.machines.get(shape.name)
        return before + self._decorated(shape) + enum_text(shape, tuple(bases), machine)

    def _model(self, shape: ModelShape) -> str:
        taken = self.scope.own | _IMPORTABLE
        fields = {
            item.wire: python_names.field(item.schema.python_name or item.wire, taken)
            for item in shape.properties
        }
        self._distinct(fields)
        sparse = any(_is_sparse(item) or fields[item.wire] != item.wire for item in shape.properties)
        aged = {
            fields[item.wire]: python_fields.warning(shape.name, item)
            for item in shape.properties
            if item.schema.deprecated
        }
        renamed = {
            python_names.field(old, taken): fields[now]
            for old, now in former.properties(shape.schema).items()
        }
        renamed = {old: now for old, now in renamed.items() if old not in fields.values()}
        wanted = (("AgedModel", aged), ("SparseModel", sparse), ("CheckedModel", shape.check))
        bases = [Name("._renamed", "RenamedModel")] if renamed else []
        bases += [Name("._model", name) for name, found in wanted if found]
        head = self._decorated(shape) + class_head(
            shape.name, *map(self.scope.use, bases or [Name("._model", "Model")])
        )
        lines: list[str] = []
        given = [Keyed("extra=", literal("forbid"))] if shape.closed else []
        if shape.schema.examples:
            shown: JsonValue = {"examples": list(shape.schema.examples)}
            given.append(Keyed("json_schema_extra=", literal(shown)))
        if given:
            config = self.scope.local(call(Name("pydantic", "ConfigDict"), *given))
            lines.append(assignment("model_config", None, config, 1) + "\n\n")
        if shape.check:
            kind = subscript(Name("typing", "ClassVar"), "str")
            lines.append(self.scope.place("__checked__", kind, literal(shape.check), 1) + "\n")
        for name, found in (("__former__", renamed), ("__aged__", aged)):
            if found:
                kind = subscript(Name("collections.abc", "Mapping"), "str", "str")
                kind = subscript(Name("typing", "ClassVar"), kind)
                lines.append(self.scope.place(name, kind, literal({**found}), 1) + "\n")
        lines += [self._property(item, fields[item.wire]) for item in shape.properties]
        # A field of such a name would be what the marks below mean; then only the running code knows.
        hidden = {"deprecated", "overload"} & {*fields.values()}
        lines += [self._stubs(shape, fields, renamed)] if renamed and not hidden else []
        return f"{head}{words_of(shape)}\n{''.join(lines)}".rstrip("\n") + "\n"

    def _stubs(self, shape: ModelShape, fields: Mapping[str, str], renamed: Mapping[str, str]) -> str:
        """What type checkers are told about the former names of fields."""
        self.scope.use(DEPRECATED)
        self.scope.use(OVERLOAD)
        given: dict[str, Expression] = {}
        for item in shape.properties:
            kind = (
                subscript(Name("._model", "Maybe"), item.annotation) if _is_sparse(item) else item.annotation
            )
            given[fields[item.wire]] = self.scope.local(kind)
        optional = {fields[item.wire] for item in shape.properties if item.optional}
        return model_stubs(shape.name, given, optional, renamed)

    def _decorated(self, shape: Shape) -> str:
        """What a type that the contract gives up wears."""
        if not shape.schema.deprecated:
            return ""
        mark = self.scope.local(call(Name("._base", "deprecated"), literal(gone(shape))))
        return f"@{lay(mark, 0, 1)}\n"

    def _distinct(self, fields: dict[str, str]) -> None:
        """Give a number to every field whose name another one has; the order in the file does not matter."""
        given: set[str] = set(fields) & set(fields.values())
        for wire in sorted(fields):
            name, number = fields[wire], 2
            if name == wire:
                continue
            while name in given:
                name, number = f"{fields[wire].rstrip('_')}_{number}", number + 1
            given.add(name)
            fields[wire] = name

    def _maybe(self, annotation: Expression) -> Expression:
        """The annotation of a value that may be absent, the same one for the same annotation."""
        made = annotation, subscript(_MAYBE, annotation)
        return self.shared.maybes.setdefault(id(annotation), made)[1]

    def _property(self, item: Property, name: str) -> str:
        """The line of a field; that of a flat schema is put together once for all modules."""
        if not stated(item.schema).keys() <= _FLAT:
            return self._line(item, name, self.scope)
        kind = item.annotation if isinstance(item.annotation, str | Name) else id(item.annotation)
        key = name, item.wire, item.optional, kind, item.schema.description
        known = self.shared.lines.get(key)
        if known is None:
            free = Scope("", {}, frozenset())
            text = self._line(item, name, free)
            foreign = frozenset(one.name for one in free.used if one.module)
            known = self.shared.lines[key] = Line(text, tuple(free.used), foreign)
        if not known.foreign.isdisjoint(self.scope.own):
            return self._line(item, name, self.scope)
        for one in known.names:
            self.scope.use(one)
        return known.text

    def _line(self, item: Property, name: str, scope: Scope) -> str:
        schema = item.schema
        annotation = item.annotation
        given: list[Expression] = []
        value: Expression | None = None
        if _is_sparse(item):
            annotation = self._maybe(annotation)
            value = "None"
            given.append(Keyed("default=", "None"))
        elif item.optional and schema.default is not None:
            value = python_fields.default(self.contract, self.shapes, item, schema.default.json)
            if value is None:
                factory = python_fields.factory(annotation, schema.default.json)
                given.append(Keyed("default_factory=", factory))
            else:
                given.append(Keyed("default=", value))
        if name != item.wire:
            given += [Keyed(f"{key}_alias=", literal(item.wire)) for key in ("validation", "serialization")]
        if schema.description:
            given.append(Keyed("description=", literal(" ".join(schema.description.split()))))
        if schema.examples:
            given.append(Keyed("examples=", literal(list(schema.examples))))
        marks: JsonValue = {keyword: True for keyword, said in python_fields.marks(schema) if said}
        if marks:
            given.append(Keyed("json_schema_extra=", literal(marks)))
        plain = value is not None and len(given) == 1
        said = value if plain else call(FIELD, *given) if given else None
        return scope.place(name, annotation, said, 1)


def _is_sparse(item: Property) -> bool:
    """Whether a property may be absent and has no default."""
    return item.optional and item.schema.default is None


def _about(module: str) -> str:
    if "__" in module:
        return f"Part of {module[1:].partition('__')[0]}, shown there."
    for ending, kind in (("_enums", "Enums"), ("_models", "Models")):
        if module.startswith("_") and module.endswith(ending):
            return f"{kind} of {module[1:].removesuffix(ending)}, shown there."
    return f"Types of {module}."
