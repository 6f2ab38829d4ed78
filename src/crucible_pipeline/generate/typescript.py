"""A contract as an npm package, pure: ES modules that run as they are, with their types beside them."""

import json
from pathlib import Path

from crucible_pipeline.contracts import former, names
from crucible_pipeline.contracts.model import Constant, Contract, JsonValue, StateMachine, TypeDef
from crucible_pipeline.generate.python_constants import former_constants
from crucible_pipeline.generate.typescript_enums import with_named_enums
from crucible_pipeline.generate.typescript_module import HEADER, Module
from crucible_pipeline.generate.typescript_types import Types
from crucible_pipeline.generate.typescript_values import add_channel, add_constants, add_machine, machine_name

RUNTIME = ("_formats.js", "_json.js", "_judge.js", "_runtime.js", "_runtime.d.ts")
_CHANNELS = "channels"
# Files that every package has, and a name that an ES module cannot export as a namespace.
_TAKEN = frozenset({"index", _CHANNELS, "default"})


def typescript(contract: Contract) -> dict[str, str]:
    """Generate the npm package.

    Args:
        contract: what the package says.

    Returns:
        Path below the package's folder → text. No version is in it: a release writes its own.

    Raises:
        Refused: two things of one module would get the same name.
    """
    modules = _modules(with_named_enums(contract))
    found = {f"{module.name}.js": module.script() for module in modules}
    found |= {f"{module.name}.d.ts": module.declaration() for module in modules}
    found |= {name: f"{HEADER}\n{_runtime(name)}" for name in RUNTIME}
    found["index.js"] = _index(contract, modules, types=False)
    found["index.d.ts"] = _index(contract, modules, types=True)
    found["package.json"] = _package(contract, [module.name for module in modules], sorted(found))
    return dict(sorted(found.items()))


def _runtime(name: str) -> str:
    return Path(__file__).with_name("runtime").joinpath(name).read_text(encoding="utf-8")


def _modules(contract: Contract) -> list[Module]:
    types = Types(contract)
    given: list[TypeDef | Constant | StateMachine] = [
        *contract.types.values(),
        *contract.constants.values(),
        *contract.machines.values(),
    ]
    gone = former_constants(contract)
    named = sorted({item.module for item in [*given, *(one.old for one in gone)]})
    file_of = {name: f"{name}_" if name in _TAKEN else name for name in named}
    words = contract.module_descriptions
    modules = {name: Module(file, types, file_of, words.get(name, "")) for name, file in file_of.items()}
    for item in contract.types.values():
        modules[item.module].add_type(item)
    for machine in contract.machines.values():
        add_machine(modules[machine.module], machine)
    for old, now in former.types(contract).items():
        module = modules[contract.types[now].module]
        module.add_former_type(old, contract.types[now])
        if now in contract.machines:
            home = modules[contract.machines[now].module]
            home.add_former(machine_name(old), machine_name(now))
    constants: dict[str, list[Constant]] = {one.old.module: [] for one in gone}
    for constant in contract.constants.values():
        constants.setdefault(constant.module, []).append(constant)
    for name, items in constants.items():
        add_constants(modules[name], items, [one for one in gone if one.old.module == name], words)
    found = [module for module in modules.values() if module.values]
    if contract.channels:
        channels = Module(_CHANNELS, types, file_of)
        for channel in contract.channels.values():
            add_channel(channels, channel)
        for old, now in former.channels(contract).items():
            channels.add_former(names.upper(old), names.upper(now))
        found.append(channels)
    return found


def _index(contract: Contract, modules: list[Module], *, types: bool) -> str:
    """Types and machines by their names, constants and channels as namespaces, and the runtime.

    A name of the contract wins over one of the runtime: an export by name goes before `export *`.
    """
    constants = {constant.module for constant in contract.constants.values()}
    constants |= {one.old.module for one in former_constants(contract)}
    lines = [HEADER, "", 'export * from "./_runtime.js";']
    for module in modules:
        file = f'from "./{module.name}.js";'
        if module.name == _CHANNELS or module.name in constants:
            lines.append(f"export * as {module.name} {file}")
        shared = [name for name, given in module.values.items() if given]
        given = sorted([*shared, *(module.interfaces if types else ())])
        if given:
            lines += ["export {", *(f"  {name}," for name in given), f"}} {file}"]
    return "\n".join(lines) + "\n"


def _package(contract: Contract, modules: list[str], paths: list[str]) -> str:
    def entry(name: str) -> dict[str, JsonValue]:
        return {"types": f"./{name}.d.ts", "default": f"./{name}.js"}

    package: dict[str, JsonValue] = {
        "name": contract.package.npm,
        "description": f"The contracts of {contract.package.distribution}: types, constants and validators",
        "license": "SEE LICENSE IN LICENSE",
        "type": "module",
        "main": "./index.js",
        "types": "./index.d.ts",
        "exports": {".": entry("index"), **{f"./{name}": entry(name) for name in modules}},
        "files": list(paths),
        "sideEffects": False,
        "engines": {"node": ">=18"},
    }
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"
