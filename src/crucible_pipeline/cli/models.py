"""The generated models of several contracts at once, each in a package of its own in a temporary folder."""

import importlib
import itertools
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from crucible_pipeline.compat.confirm import Oracle
from crucible_pipeline.contracts.model import Contract, JsonValue
from crucible_pipeline.generate.python import python

_NUMBERS = itertools.count(1)


@contextmanager
def models() -> Generator[Oracle]:
    """A judge that asks the generated Python models; packages are made when first asked, and forgotten."""
    known: dict[int, tuple[Contract, ModuleType]] = {}
    with tempfile.TemporaryDirectory() as folder:

        def accepts(contract: Contract, name: str, payload: JsonValue) -> bool:
            if id(contract) not in known:
                known[id(contract)] = (contract, _package(contract, Path(folder)))
            try:
                known[id(contract)][1].validate(name, payload)
            except ValueError:
                return False
            return True

        sys.path.insert(0, folder)
        try:
            yield accepts
        finally:
            sys.path.remove(folder)
            names = {package.__name__ for _, package in known.values()}
            for module in [module for module in sys.modules if module.partition(".")[0] in names]:
                del sys.modules[module]


def _package(contract: Contract, folder: Path) -> ModuleType:
    name = f"crucible_judged_{next(_NUMBERS)}"
    called = replace(contract, package=replace(contract.package, import_name=name))
    for path, text in python(called).items():
        place = folder / name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(name)
