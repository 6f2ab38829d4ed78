"""The world: `[tool.crucible]` of a pyproject.toml, and the contracts that it names."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package
from crucible_pipeline.contracts.read import ENDINGS, read_file, read_folder
from crucible_pipeline.errors import CannotDo, Refused

MODES = ("full", "backward", "forward", "strict")
_FILE = "pyproject.toml"
_KEYS = ("contracts", "python", "typescript", "package", "npm", "compatibility")


@dataclass(frozen=True, slots=True)
class Project:
    """Where contracts are and where their code goes.

    Args:
        root: folder of the pyproject.toml, or the contracts folder itself where there is none.
        contracts: folder of the contracts, or the only file of them that counts.
        python: folder of the generated Python package; None if not said.
        typescript: folder of the generated npm package; None if not said.
        package: its names.
        mode: `full`, `backward`, `forward` or `strict`.
    """

    root: Path
    contracts: Path
    python: Path | None
    typescript: Path | None
    package: Package
    mode: str = "full"


def find_project(contracts: Path | None, *, single: bool = False) -> Project:
    """Find the project of a contracts folder.

    Args:
        contracts: the folder; its pyproject.toml stands in it or beside it, and none is needed. If None,
            the first pyproject.toml with `[tool.crucible]` counts, from the working directory upwards.
        single: whether one file of contracts will do in place of a folder.

    Raises:
        CannotDo: there is no such folder, or no project above the working directory.
        Refused: the pyproject.toml cannot be understood.
    """
    if contracts is None:
        here = Path.cwd()
        for folder in [here, *here.parents]:
            settings = _settings(folder)
            if settings is not None:
                return _project(folder, settings, None)
        raise CannotDo(
            f"no {_FILE} with [tool.crucible] in this folder or above", "give the folder with --contracts"
        )
    alone = single and contracts.is_file() and contracts.name.endswith(ENDINGS)
    if not alone and not contracts.is_dir():
        raise CannotDo(f"there is no folder {contracts}", "give the folder that holds the contracts")
    folder = contracts.resolve().parent if alone else contracts.resolve()
    for candidate in (folder, folder.parent):
        settings = _settings(candidate)
        if settings is not None and _means(candidate, settings, folder):
            return _project(candidate, settings, contracts)
    distribution = _normalized("-".join(names.words(contracts.stem if alone else folder.name)) or "contracts")
    return Project(folder, contracts, None, None, _package(distribution, {}, folder / _FILE))


def load_project(project: Project, *, compared: bool = False) -> Contract:
    """Read the contracts of a project.

    Args:
        project: whose contracts.
        compared: see `load`.

    Raises:
        InvalidInput: every problem of every file.
        CannotDo: a file cannot be read.
    """
    path = project.contracts
    alone = path.is_file()
    texts = read_file(path, path.name) if alone else read_folder(path)
    where = _shown(path.parent if alone else path)
    return load(texts, project.package, where, compared=compared)


def _shown(folder: Path) -> str:
    """The folder as the user knows it: from the working directory where it lies below it."""
    whole, here = folder.resolve(), Path.cwd().resolve()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else folder.as_posix()


def _means(folder: Path, settings: Mapping[str, Any], contracts: Path) -> bool:
    return (
        folder == contracts or (folder / str(settings.get("contracts", "contracts"))).resolve() == contracts
    )


def _settings(folder: Path) -> dict[str, Any] | None:
    """`[tool.crucible]` with the project's name under `distribution`; None if it is not there."""
    path = folder / _FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CannotDo(f"cannot read {path}: {error}", "look at the file") from None
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path} is broken: {error}", "correct it") from None
    found = document.get("tool", {}).get("crucible")
    if found is None:
        return None
    if not isinstance(found, dict):
        raise Refused(f"{path}: tool.crucible is no table", "write [tool.crucible]")
    settings = cast("dict[str, Any]", found)
    for what in _wrong(settings):
        raise Refused(f"{path}: {what}", f"[tool.crucible] knows {', '.join(_KEYS)}")
    name = document.get("project", {}).get("name")
    return {**settings, "distribution": name if isinstance(name, str) else None}


def _wrong(settings: Mapping[str, Any]) -> Iterator[str]:
    for key, value in settings.items():
        if key not in _KEYS:
            yield f"tool.crucible knows no {key!r}"
        elif key == "compatibility":
            said = cast("dict[str, Any]", value) if isinstance(value, dict) else {"": ""}
            if not said.keys() <= {"mode"} or said.get("mode", "full") not in MODES:
                yield f"tool.crucible.compatibility takes mode, one of {', '.join(MODES)}"
        elif not isinstance(value, str) or not value:
            yield f"tool.crucible.{key} has to be a string"


def _project(root: Path, settings: Mapping[str, Any], contracts: Path | None) -> Project:
    name = settings["distribution"] or settings.get("package") or root.name
    python, typescript = settings.get("python"), settings.get("typescript")
    return Project(
        root,
        contracts or root / settings.get("contracts", "contracts"),
        root / python if python else None,
        root / typescript if typescript else None,
        _package(_normalized(name), settings, root / _FILE),
        settings.get("compatibility", {}).get("mode", "full"),
    )


def _normalized(name: str) -> str:
    """A name of a distribution as PEP 503 writes it; the library's own function takes longer to import."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _package(distribution: str, settings: Mapping[str, Any], path: Path) -> Package:
    import_name = settings.get("package") or distribution.replace("-", "_").replace(".", "_")
    if not names.is_usable(import_name):
        raise Refused(f"{path}: {import_name!r} cannot name a Python package", "set tool.crucible.package")
    return Package(distribution, import_name, settings.get("npm") or distribution)
