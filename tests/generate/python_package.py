"""Generated Python packages put into a folder and imported from there."""

import importlib
import itertools
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.generate.python import python

ROOT = Path(__file__).parents[2]
REAL = load_project(find_project(ROOT / "contracts"))
_NUMBERS = itertools.count(1)


def contract_of(schemas: dict[str, Any], name: str = "cases") -> Contract:
    """A contract with one type for each schema."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Cases", "version": "1", "description": "One type for each case."},
        "components": {"schemas": schemas},
    }
    return load({"cases.json": json.dumps(document)}, Package(name, name, name))


def install(contract: Contract, folder: Path) -> Path:
    """Write the package of a contract below a folder, and tell where."""
    target = folder / contract.package.import_name
    for path, text in python(contract).items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return target


@contextmanager
def imported(contract: Contract, folder: Path) -> Iterator[ModuleType]:
    """The package of a contract, imported under its own name, forgotten afterwards."""
    install(contract, folder)
    name = contract.package.import_name
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        for module in [module for module in sys.modules if module.partition(".")[0] == name]:
            del sys.modules[module]


@contextmanager
def models_of(schemas: dict[str, Any], folder: Path) -> Iterator[ModuleType]:
    """The package with one type for each schema, under a name that no other package has."""
    name = f"cases_{next(_NUMBERS)}"
    with imported(contract_of(schemas, name), folder) as package:
        yield package


def accepts(package: ModuleType, name: str, value: object) -> bool:
    """Whether the type takes a JSON value; also by its text, which must say the same."""
    try:
        package.validate(name, value)
    except ValueError:
        return False
    return True
