"""A project's releases as its pages show them, and which of them a specifier would install. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from crucible_pipeline.index.simple import File, Project
from crucible_pipeline.index.store import NotFound


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the pages show it.

    Args:
        version: its number.
        files: its files.
    """

    version: Version
    files: tuple[File, ...]

    @property
    def date(self) -> str:
        """Of its first file, as YYYY-MM-DD."""
        return min(file.uploaded for file in self.files)[:10]

    @property
    def yanked(self) -> str | None:
        """None, or the reason, which may be empty."""
        return self.files[0].yanked


def releases(project: Project) -> tuple[Release, ...]:
    """All of them, newest first."""
    groups = groupby(project.files, key=lambda file: file.filename.version)
    return tuple(Release(version, tuple(files)) for version, files in groups)[::-1]


def newest(found: Sequence[Release]) -> Release:
    """The release an installer would take: final before pre-release, and not yanked where possible.

    Args:
        found: at least one.
    """
    return max(
        found,
        key=lambda release: (release.yanked is None, not release.version.is_prerelease, release.version),
    )


def installed_by(specifier: SpecifierSet, found: Sequence[Release]) -> Release | None:
    """The release that an installer takes: a yanked one only where it is pinned exactly (PEP 592).

    Args:
        specifier: of a service.
        found: what there is.

    Returns:
        None where nothing fits.
    """
    offered = {release.version: release for release in found if release.yanked is None}
    fit = list(specifier.filter(offered))
    if fit:
        return offered[max(fit)]
    exact = len(specifier) == 1 and all(
        each.operator in {"==", "==="} and not each.version.endswith(".*") for each in specifier
    )
    return next((release for release in found if exact and release.version in specifier), None)


def release_of(found: Sequence[Release], name: str, version: Version) -> Release:
    """The release of a version.

    Args:
        found: what there is.
        name: of the project, for the error.
        version: which.

    Raises:
        NotFound: there is none.
    """
    for release in found:
        if release.version == version:
            return release
    raise NotFound(f"{name} {version} is not published here")
