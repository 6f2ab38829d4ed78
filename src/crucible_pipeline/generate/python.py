"""A contract as a Python package, pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from crucible_pipeline.contracts import former, names, snapshot
from crucible_pipeline.contracts.model import Contract, Message, Schema, TypeDef
from crucible_pipeline.errors import InvalidInput, Mark, Problem
from crucible_pipeline.generate import (
    python_constants,
    python_index,
    python_names,
    python_order,
    python_values,
)
from crucible_pipeline.generate.python_enums import gone, machine_name
from crucible_pipeline.generate.python_former import Replaced, called
from crucible_pipeline.generate.python_kinds import EnumShape
from crucible_pipeline.generate.python_models import type_modules
from crucible_pipeline.generate.python_schemas import schemas_module
from crucible_pipeline.generate.python_shapes import Shapes
from crucible_pipeline.generate.python_values import Carried

# What only a contract with former names needs.
_LATE_RUNTIME = ("_former.py", "_renamed.py")
RUNTIME = ("_base.py", "_formats.py", "_json.py", "_model.py", "_patterns.py", "_schema.py", "_values.py")
_OTHERS = frozenset(
    {
        "channels",
        "resources",
        "contracts",
        "_names",
        "_schemas",
        *(name[:-3] for name in RUNTIME + _LATE_RUNTIME),
    }
)


def python(contract: Contract) -> dict[str, str]:
    """Generate the package.

    Args:
        contract: what the package says.

    Returns:
        Path below the package's folder → text, sorted.

    Raises:
        InvalidInput: every schema and name that Python cannot express faithfully.
    """
    copies = {f"contracts/{path}": text for path, text in contract.sources.items()}
    found = {**code(contract), "contract.json": snapshot.dump(contract), **copies}
    return dict(sorted(found.items()))


def code(contract: Contract) -> dict[str, str]:
    """The package without the contracts as data; see `python`."""
    whole, payloads = _with_payloads(contract)
    shapes = Shapes(whole)
    for definition in whole.types.values():
        shapes.add(definition)
    layout = python_order.layout(shapes.shapes, shapes.owners)
    homes = layout.homes
    exported = _exported(whole, homes)
    problems = [*shapes.problems, *_module_problems(whole, homes), *_machine_problems(whole, shapes)]
    if problems:
        raise InvalidInput(problems)
    past = _former(whole, shapes, exported)
    found = {
        f"{module}.py": text for module, text in type_modules(whole, shapes.shapes, layout, past).items()
    }
    found |= _value_modules(whole, shapes, homes, payloads)
    found["resources.py"] = python_index.resources_module(tuple(sorted(whole.sources)))
    modules = tuple(sorted(path.removesuffix(".py") for path in found if not path.startswith("_")))
    words = f"The contracts of {whole.package.distribution}: types, constants, channels and transitions."
    old = {name: gone(shape) for name, shape in shapes.shapes.items() if shape.schema.deprecated}
    replaced = list(_replaced(whole, past, exported))
    found["__init__.py"] = python_index.index_module(
        whole.package, exported, modules, words, old=old, replaced=replaced
    )
    found["__init__.pyi"] = python_index.index_stub(exported, modules, words, replaced)
    found["_schemas.py"] = schemas_module(whole, shapes.checks)
    if old:
        named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(old)))})\b")
        found = {path: _at_peace(text) if named.search(text) else text for path, text in found.items()}
    found |= {name: _runtime(name) for name in RUNTIME}
    found |= {name: _runtime(name) for name in _LATE_RUNTIME if _is_needed(name, found)}
    return {**found, "py.typed": ""}


def _is_needed(name: str, found: Mapping[str, str]) -> bool:
    statement = f"from .{name.removesuffix('.py')} import"
    return any(statement in text for path, text in found.items() if path.endswith(".py"))


def _former(contract: Contract, shapes: Shapes, exported: Mapping[str, str]) -> dict[str, str]:
    """Former name of a type → its name, where neither the package nor Python has that name by now."""
    found = {**former.types(contract), **shapes.former}
    return {
        old: now
        for old, now in found.items()
        if old not in exported and now in shapes.shapes and python_names.is_free(old)
    }


def _replaced(
    contract: Contract, types: Mapping[str, str], exported: Mapping[str, str]
) -> Iterator[Replaced]:
    """The former names that the package itself gives."""
    for old, now in types.items():
        yield Replaced(old, now, called(old, now), f"{old} = {now}")
    flat = [python_constants.replaced(one) for one in python_constants.former_constants(contract)]
    for one in flat:
        if one.name not in {*exported, *types} and sum(one.name == other.name for other in flat) == 1:
            yield one
    for module in sorted({machine.module for machine in contract.machines.values()}):
        yield from python_values.former_machines(contract, module)


def _at_peace(text: str) -> str:
    """A module that names what the contract gives up, for it defines, shows or holds it."""
    return text.replace("\n", "\n# pyright: reportDeprecated=false\n", 1)


def _runtime(name: str) -> str:
    return Path(__file__).with_name("runtime").joinpath(name).read_text(encoding="utf-8")


def _with_payloads(contract: Contract) -> tuple[Contract, dict[str, Carried]]:
    """Give a name to every payload and to all headers, and tell each channel's types of both."""
    types = dict(contract.types)
    payloads: dict[str, Carried] = {}
    for channel in contract.channels.values():
        events: dict[str, None] = {}
        headers: dict[str, None] = {}
        for message in channel.messages:
            for name, schema in _named(message):
                if name not in types:
                    types[name] = TypeDef(name, channel.module, schema, message.mark)
                elif types[name].schema != schema and schema.ref != name:
                    types[f"{name} of {channel.key}"] = TypeDef(name, channel.module, schema, message.mark)
                (events if schema is message.payload else headers)[name] = None
        payloads[channel.key] = Carried(tuple(events), tuple(headers))
    return replace(contract, types=types), payloads


def _named(message: Message) -> Iterator[tuple[str, Schema]]:
    payload = message.payload
    yield (
        (payload.ref if payload.ref and payload.only_refers else f"{names.pascal(message.name)}Payload"),
        payload,
    )
    if message.headers is not None:
        headers = message.headers
        yield (
            (headers.ref if headers.ref and headers.only_refers else f"{names.pascal(message.name)}Headers"),
            headers,
        )


def _value_modules(
    contract: Contract, shapes: Shapes, homes: Mapping[str, str], payloads: Mapping[str, Carried]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for module in python_constants.modules(contract):
        found[f"{module}.py"] = python_constants.constants_module(contract, module)
    for module in sorted({machine.module for machine in contract.machines.values()}):
        found[f"{module}.py"] = python_values.machines_module(contract, module, shapes.shapes, homes)
    if contract.channels:
        found["channels.py"] = python_values.channels_module(contract, payloads, homes)
    return found


def _exported(contract: Contract, homes: Mapping[str, str]) -> dict[str, str]:
    """Every name of the package → the module it comes from.

    A constant that two modules have is reached through its module only, and so is one that hides a type.
    """
    found = {**python_index.GIVEN, **homes}
    flat = [
        (python_constants.flat_name(constant), constant.module) for constant in contract.constants.values()
    ]
    for name, module in flat:
        if name not in found and sum(name == other for other, _ in flat) == 1:
            found[name] = module
    for machine in contract.machines.values():
        found[machine_name(machine)] = machine.module
        found |= dict.fromkeys(machine.names.values(), machine.module)
    return found


def _module_problems(contract: Contract, homes: Mapping[str, str]) -> Iterator[Problem]:
    """Modules that two kinds of things would share, and names that two things would."""
    kinds: dict[str, str] = {}
    of_types = {definition.module: definition.mark for definition in contract.types.values()}
    of_constants = {constant.module: constant.mark for constant in contract.constants.values()}
    of_machines = {machine.module: machine.mark for machine in contract.machines.values()}
    for kind, marks in (("types", of_types), ("constants", of_constants), ("transitions", of_machines)):
        for module, mark in marks.items():
            if module in _OTHERS or kinds.setdefault(module, kind) != kind:
                yield Problem(
                    mark, f"the module {module} would hold other things than {kind} too", "rename the file"
                )
    for name in python_index.GIVEN:
        if name in homes:
            mark = contract.types[name].mark if name in contract.types else Mark(f"{homes[name]}.py")
            yield Problem(mark, f"the package has a {name} of its own", "rename the type")
    for name, definition in contract.types.items():
        if name != definition.name:
            yield Problem(
                definition.mark, f"two types would both be called {definition.name}", "rename the message"
            )
    yield from _twice(contract)


def _twice(contract: Contract) -> Iterator[Problem]:
    """Names that two channels, or two constants of a module, would share."""
    seen: set[tuple[str, str]] = set()
    named = [("channels", names.upper(channel.key), channel.mark) for channel in contract.channels.values()]
    named += [
        (constant.module, python_constants.flat_name(constant), constant.mark)
        for constant in contract.constants.values()
    ]
    for module, name, mark in named:
        if (module, name) in seen:
            yield Problem(mark, f"two things of {module} would both be called {name}", "rename one of them")
        if not python_names.is_free(name):
            yield Problem(mark, f"{name!r} cannot be a name in Python", "rename it")
        seen.add((module, name))


def _machine_problems(contract: Contract, shapes: Shapes) -> Iterator[Problem]:
    for machine in contract.machines.values():
        shape = shapes.shapes.get(machine.enum)
        if not isinstance(shape, EnumShape) or not all(isinstance(value, str) for value in shape.values):
            yield Problem(
                machine.mark, f"{machine.enum} is no enum of texts", "give the states as an enum of texts"
            )
