"""Finds the packages that a repository releases; reads the pyproject.toml files that git tracks."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from packaging.utils import canonicalize_name

from crucible_pipeline.contracts.model import Package
from crucible_pipeline.contracts.project import Project
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository
from crucible_pipeline.release.series import Series, series_of

_FILE = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Released:
    """A package that a repository releases.

    Args:
        project: where it is.
        series: its tags.
        contracts: whether its code is made from contracts, which then say what its next version is.
    """

    project: Project
    series: Series = field(default_factory=Series)
    contracts: bool = True

    @property
    def name(self) -> str:
        """Of the distribution."""
        return self.project.package.distribution


def packages_of(project: Project, repository: Repository) -> tuple[Released, ...]:
    """The package of the contracts, and after it each other one whose setuptools-scm has tags of its own.

    Args:
        project: of the contracts.
        repository: that holds it.

    Raises:
        Refused: a pyproject.toml cannot be understood.
    """
    own = Released(project, series_of(_regex(_document(project.root / _FILE))))
    found = [own]
    for name in repository.run("ls-files", "--", f"*{_FILE}").splitlines():
        path = repository.root / name
        if path.name != _FILE or not path.is_file() or path.parent.resolve() == project.root.resolve():
            continue
        document = _document(path)
        series = series_of(regex) if (regex := _regex(document)) is not None else None
        if series is not None and all(series != one.series for one in found):
            found.extend(_other(path.parent, document, series))
    return tuple(found)


def chosen(packages: tuple[Released, ...], name: str | None, tag: str | None) -> Released:
    """The package that a user means.

    Args:
        packages: of the repository.
        name: of the distribution; None leaves it to the tag.
        tag: a tag; None, or one of no package, means the package of the contracts.

    Raises:
        CannotDo: no package has the name.
    """
    if name is not None:
        for one in packages:
            if one.name == canonicalize_name(name):
                return one
        known = ", ".join(one.name for one in packages)
        raise CannotDo(f"the repository releases no {name}", f"it releases {known}")
    return next((one for one in packages if tag is not None and one.series.names(tag)), packages[0])


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"{path} is broken: {error}", "correct it") from None


def _table(document: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        document = cast("dict[str, Any]", found) if isinstance(found := document.get(name), dict) else {}
    return document


def _regex(document: dict[str, Any]) -> str | None:
    found = _table(document, "tool", "setuptools_scm").get("tag_regex")
    return found if isinstance(found, str) else None


def _other(root: Path, document: dict[str, Any], series: Series) -> Iterator[Released]:
    """A package without contracts; nothing where its pyproject.toml does not name it."""
    name = _table(document, "project").get("name")
    listed = _table(document, "tool", "setuptools").get("packages")
    if not isinstance(name, str) or not isinstance(listed, list) or not listed:
        return
    import_name = str(cast("list[object]", listed)[0]).partition(".")[0]
    places = _table(document, "tool", "setuptools", "package-dir")
    folder = places.get(import_name, f"{places.get('', '.')}/{import_name}")
    package = Package(canonicalize_name(name), import_name, "")
    # It has no contracts: the package itself stands in their place.
    yield Released(
        Project(root, root / str(folder), root / str(folder), None, package), series, contracts=False
    )
