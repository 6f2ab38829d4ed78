"""One module of the npm package: what runs (`.js`) and what the compiler reads (`.d.ts`), pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import Schema, TypeDef
from crucible_pipeline.errors import Refused
from crucible_pipeline.generate import typescript_enums as enums
from crucible_pipeline.generate import typescript_schema
from crucible_pipeline.generate import typescript_text as text
from crucible_pipeline.generate.text import MARK
from crucible_pipeline.generate.typescript_types import OBJECT, Expression, Types, about

HEADER = f"// {MARK} from the contracts; do not edit: change a contract, then `crucible generate`"


@dataclass(slots=True)
class Module:
    """A module while it grows.

    Args:
        name: of its file, without a suffix.
        types: renders type expressions; its contract tells where a type lives.
        file_of: name of a contract's module → name of its file.
        description: of the contract file.
        code: statements of the `.js` file.
        declarations: statements of the `.d.ts` file.
        values: names that exist at run time and that a user may import → whether the index gives them too.
        interfaces: names that are types only.
        runtime: classes of the runtime that the code makes.
        used_in_code: types of the contract whose run-time half the code names.
        used_in_types: types of the contract that the declarations name.
    """

    name: str
    types: Types
    file_of: Mapping[str, str]
    description: str = ""
    code: list[str] = field(default_factory=list[str])
    declarations: list[str] = field(default_factory=list[str])
    values: dict[str, bool] = field(default_factory=dict[str, bool])
    interfaces: list[str] = field(default_factory=list[str])
    runtime: set[str] = field(default_factory=set[str])
    used_in_code: set[str] = field(default_factory=set[str])
    used_in_types: set[str] = field(default_factory=set[str])

    def declare(self, name: str, code: str, declaration: Iterable[str], *, shared: bool = True) -> None:
        """Add a value under a name.

        Args:
            name: what a user imports.
            code: the statement that makes it.
            declaration: lines of the statement that types it.
            shared: whether the index gives it by name; else as a member of its module's namespace.

        Raises:
            Refused: the module has another value of this name.
        """
        if name in self.values:
            raise Refused(f"two things of the module {self.name} are called {name}", "rename one of them")
        self.values[name] = shared
        self.code.append(code)
        self.declarations.append("\n".join(declaration))

    def add_type(self, item: TypeDef) -> None:
        """Add a type: its TypeScript, its guard, validator and parser."""
        if enums.is_named(item.schema):
            self._add_enum(item)
        else:
            self._add_shape(item)
        name, parsed = item.name, self.parsed(item.schema, item.name)
        self.code.append(f"export const ${name} = {self.type_object(name, item.schema)};")
        self.declare(
            f"validate{name}",
            f"export const validate{name} = (value) => ${name}.validate(value);",
            [
                f"/** Everything that is wrong in `value` as {_article(name)}; empty if it is valid. */",
                f"export declare function validate{name}(value: unknown): $.Problem[];",
            ],
        )
        self.declare(
            f"is{name}",
            f"export const is{name} = (value) => ${name}.is(value);",
            [f"export declare function is{name}(value: unknown): value is {name};"],
        )
        self.declare(
            f"parse{name}",
            f"export const parse{name} = (value) => ${name}.parse(value);",
            [
                "/**",
                " * A copy of `value` with defaults filled in.",
                " * @throws {InvalidPayload} naming each path that is wrong",
                " */",
                f"export declare function parse{name}(value: unknown): {parsed};",
            ],
        )

    def add_former_type(self, old: str, item: TypeDef) -> None:
        """Add a former name of a type, for the type itself and for what is made of its name."""
        for prefix in ("", "validate", "is", "parse"):
            now = f"{prefix}{item.name}"
            if now in self.values:
                self.add_former(f"{prefix}{old}", now)
        if item.name in self.interfaces:
            self.interfaces.append(old)
        said = text.doc(None, {"deprecated": f"use {item.name}"})
        self.declarations.append("\n".join([*said, f"export type {old} = {item.name};"]))

    def add_former(self, old: str, now: str, message: str = "") -> None:
        """Add a former name of a value of this module."""
        if old not in self.values:
            said = text.doc(None, {"deprecated": message or f"use {now}"})
            typed = f"export declare const {old}: typeof {now};"
            self.declare(old, f"export const {old} = {now};", [*said, typed], shared=self.values[now])

    def _add_shape(self, item: TypeDef) -> None:
        self.interfaces.append(item.name)
        expression = self.expression(item.schema)
        if expression.is_object:
            shown = f"export interface {item.name} {expression}"
        else:
            shown = f"export type {item.name} = {expression};"
        self.declarations.append("\n".join([*about(item.schema), shown]))

    def _add_enum(self, item: TypeDef) -> None:
        schema, name = item.schema, item.name
        values = enums.members(schema)
        words = dict(zip(values, enums.beside(schema, schema.enum_descriptions), strict=False))
        lines: list[str] = []
        for member, value in values.items():
            given_up = {"deprecated": ""} if value in schema.enum_deprecated else {}
            lines += text.doc(words.get(member), given_up)
            lines.append(f"readonly {text.name(member)}: {text.literal(value)};")
        renamed = former.members(schema)
        for old, member in renamed.items():
            lines += text.doc(None, {"deprecated": f"use {member}"})
            lines.append(f"readonly {text.name(old)}: {text.literal(values[member])};")
        shown = {text.member(member): text.literal(value) for member, value in values.items()}
        hidden = {text.member(old): shown[text.member(member)] for old, member in renamed.items()}
        code = text.frozen(name, shown, hidden)
        constant = text.block(f"export declare const {name}: {{", lines, "};")
        said = about(schema)
        self.declare(name, code, [*said, constant, *said, f"export type {name} = {self.expression(schema)};"])

    def type_object(self, label: str, schema: Schema) -> str:
        """The expression that makes the run-time type, with the types that it refers to."""
        self.runtime.add("Type")
        refs = sorted({node.ref for node in schema.walk() if node.ref is not None})
        self.used_in_code.update(refs)
        shown = text.pretty(typescript_schema.data(schema))
        references = f", () => ({{ {', '.join(f'{name}: ${name}' for name in refs)} }})" if refs else ""
        return f"/* @__PURE__ */ new $Type({text.literal(label)}, {shown}{references})"

    def expression(self, schema: Schema) -> Expression:
        """The type expression of a schema; what it names is imported."""
        self.used_in_types.update(node.ref for node in schema.walk() if node.ref is not None)
        return self.types.expression(schema)

    def parsed(self, schema: Schema, shown: str) -> str:
        """The type of a payload whose defaults were filled in."""
        filled = sorted(self._defaults(schema, set()))
        if not filled or self.types.kinds(schema) != OBJECT:
            return shown
        return f"$.Filled<{shown}, {' | '.join(text.literal(key) for key in filled)}>"

    def _defaults(self, schema: Schema, seen: set[str]) -> set[str]:
        found = {key for key, sub in schema.properties.items() if sub.default is not None}
        found -= set(schema.required)
        if schema.ref is not None and schema.ref not in seen:
            seen.add(schema.ref)
            found |= self._defaults(self.types.contract.types[schema.ref].schema, seen)
        for sub in schema.all_of:
            found |= self._defaults(sub, seen)
        return found

    def _imports(self, used: set[str], opening: str, prefix: str) -> list[str]:
        places: dict[str, list[str]] = {}
        for name in sorted(used):
            place = self.file_of[self.types.contract.types[name].module]
            if place != self.name:
                places.setdefault(place, []).append(prefix + name)
        return [
            f'{opening} {{ {", ".join(found)} }} from "./{place}.js";'
            for place, found in sorted(places.items())
        ]

    def script(self) -> str:
        """The `.js` file."""
        made = ", ".join(f"{name} as ${name}" for name in sorted(self.runtime))
        imports = [f'import {{ {made} }} from "./_runtime.js";'] if made else []
        if any("$freeze(" in statement for statement in self.code):
            imports.append('import { freeze as $freeze } from "./_json.js";')
        imports += self._imports(self.used_in_code, "import", "$")
        return _file(HEADER, "\n".join(imports), *self.code)

    def declaration(self) -> str:
        """The `.d.ts` file."""
        runtime = ['import type * as $ from "./_runtime.js";'] if self.runtime else []
        imports = [*runtime, *self._imports(self.used_in_types, "import type", "")]
        said = text.doc(self.description, {"module": ""} if self.description else None)
        return _file(HEADER, "\n".join(said), "\n".join(imports), *self.declarations)


def _file(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"
