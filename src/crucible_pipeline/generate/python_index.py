"""The package itself, pure: its lazy names, its version, its contracts as data."""

from collections.abc import Mapping, Sequence

from crucible_pipeline.contracts.model import Package
from crucible_pipeline.generate.python_former import Replaced, table
from crucible_pipeline.generate.text import (
    HEADER,
    INDENT,
    Group,
    assignment,
    docstring,
    imports,
    literal,
    rank,
)

# Names that every package has, and the module each comes from.
GIVEN = {
    "Channel": "_base",
    "InvalidEvent": "_base",
    "InvalidTransition": "_base",
    "StateMachine": "_base",
    "validate": "_model",
}

_LOADING = r"""

def __getattr__(name: str) -> object:
    found: object
    start = _INDEX.find(f"\n{name} ")
    if start >= 0:
        home = _INDEX[start + len(name) + 2 : _INDEX.index("\n", start + 1)]
        module = name if home == "." else home
        found = __import__(f"{__name__}.{module}", fromlist=("*",))
        found = found if home == "." else getattr(found, name)
    elif name == "__all__":
        found = [line.partition(" ")[0] for line in _INDEX.split("\n")[1:-1]]
    elif name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version(_DISTRIBUTION)
        except PackageNotFoundError:
            found = "0+unknown"
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
KEEPING    globals()[name] = found
    return found


def __dir__() -> list[str]:
    listed = _INDEX.replace("\n", " ").split()[::2]
    return sorted({*globals(), *listed, "__all__", "__version__"})
"""

# A name that is given up is not kept, so that each place that imports it is warned.
_WARNING = """\
    if name in _DEPRECATED:
        import warnings

        warnings.warn(_DEPRECATED[name], DeprecationWarning, stacklevel=2)
        return found
"""

_RAISING = """\
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
"""
_FORMERLY = """\
        from ._former import former

        return former(__name__, _FORMER, 3)(name)
"""

_SHOWING = """

def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = __import__(__name__.rpartition(".")[0], fromlist=(name,))
    found: object = getattr(package, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
"""

_RESOURCES = """
from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
"""

_READING = """

def names() -> tuple[str, ...]:
    \"\"\"The contract files, such as `constants/limits.yaml`.\"\"\"
    return _NAMES


def path(name: str) -> Traversable:
    \"\"\"A contract file, wherever the package is installed.

    Raises:
        KeyError: there is no such file.
    \"\"\"
    if name not in _NAMES:
        raise KeyError(f"no contract file {name!r}; there are {', '.join(_NAMES)}")
    return _package().joinpath("contracts", *name.split("/"))


def read_text(name: str) -> str:
    \"\"\"The text of a contract file.

    Raises:
        KeyError: there is no such file.
    \"\"\"
    return path(name).read_text(encoding="utf-8")


def contract() -> dict[str, Any]:
    \"\"\"The whole contract in its canonical form, `contract.json`.\"\"\"
    text = _package().joinpath("contract.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _package() -> Traversable:
    return files(__package__ or __name__.rpartition(".")[0])
"""


def index_module(
    package: Package,
    names: Mapping[str, str],
    modules: tuple[str, ...],
    words: str,
    *,
    old: Mapping[str, str],
    replaced: Sequence[Replaced],
) -> str:
    """`__init__.py`: every name is imported when it is first asked for.

    All names stand in one text, so that what it costs to import hardly depends on how many there are; the
    stub beside it tells type checkers and editors of them.

    Args:
        package: its names.
        names: exported name → the module it comes from.
        modules: modules that are exported as such.
        words: the package's description.
        old: names that the contract gives up → what to say about it.
        replaced: former names.
    """
    every = {**dict.fromkeys(modules, "."), **names}
    index = "".join(f"{name} {every[name]}\n" for name in sorted(every, key=rank))
    loading = _LOADING.replace(_RAISING, _FORMERLY) if replaced else _LOADING
    parts = [
        HEADER + docstring(words),
        "\n" + assignment("_DISTRIBUTION", None, literal(package.distribution)),
        f'\n_INDEX = """\n{index}"""\n',
        assignment("_DEPRECATED", None, literal({**old})) + "\n" if old else "",
        assignment("_FORMER", None, table(replaced)) + "\n" if replaced else "",
        loading.replace("KEEPING", _WARNING if old else ""),
    ]
    return "".join(parts)


def index_stub(
    names: Mapping[str, str], modules: tuple[str, ...], words: str, replaced: Sequence[Replaced]
) -> str:
    """`__init__.pyi`: what the package gives; see `index_module`."""
    shown = [(f".{module}", name, name) for name, module in names.items()]
    shown += [(".", module, module) for module in modules]
    shown += [("typing", "Final", "Final")] if any(": Final" in one.static for one in replaced) else []
    every = Group("", tuple(literal(name) for name in sorted({*names, *modules}, key=rank)), "[]")
    parts = [
        HEADER + docstring(words),
        "\n" + imports(shown),
        "\n__version__: str\n",
        *(f"{one.static}\n" for one in replaced),
        "\n" + assignment("__all__", None, every) + "\n",
    ]
    return "".join(parts)


def lazy_module(words: str, homes: Mapping[str, str], replaced: Sequence[Replaced]) -> str:
    """A module of a large contract: it shows what modules of one type each define.

    Args:
        words: its docstring.
        homes: type → the module that defines it.
        replaced: former names of types.
    """
    late = imports([(f".{home}", name, name) for name, home in homes.items()], 1)
    every = Group("", tuple(literal(name) for name in sorted(homes, key=rank)), "[]")
    static = "".join(f"{INDENT}{one.static}\n" for one in replaced)
    said = f"{HEADER}{docstring(words)}\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n{late}\n"
    said += f"{static}\n" if replaced else ""
    said += assignment("__all__", None, every) + "\n"
    if not replaced:
        return said + _SHOWING
    return said + assignment("_FORMER", None, table(replaced)) + "\n" + _SHOWING.replace(_RAISING, _FORMERLY)


def resources_module(paths: tuple[str, ...]) -> str:
    """`resources.py`: the YAML files at run time.

    Args:
        paths: below `contracts/`.
    """
    kind = "tuple[str, ...]"
    table = (
        Group("", tuple(literal(path) for path in paths), "()")
        if len(paths) != 1
        else f"({literal(paths[0])},)"
    )
    said = docstring("The contracts as data: their YAML files and their canonical form, at run time.")
    return HEADER + said + _RESOURCES + "\n" + assignment("_NAMES", kind, table) + "\n" + _READING
