"""What contracts are compared with: the newest release, or what the user names."""

import os

from packaging.version import Version

from crucible_pipeline.compat.bases import Base, contract_at, contract_in_wheel, named_base
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.project import Project
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository
from crucible_pipeline.version import from_tag, parse, to_tag


def repository_of(project: Project) -> Repository | None:
    """The repository that holds a project; None if none does."""
    try:
        return Repository.containing(project.root.resolve())
    except CannotDo:
        return None


def base_of(project: Project, against: str, index_url: str) -> Base | None:
    """What a project is compared with; None if it has no release yet.

    Args:
        project: whose contracts are compared.
        against: as given by the user; empty for the newest final release in the history of the checkout.
        index_url: the index that may know a version; empty if none does.

    Raises:
        CannotDo: there is no such base, or it cannot be read.
    """
    repository = repository_of(project)
    if against:
        return named(against, project, repository, index_url)
    released = released_in(repository)
    if repository is None or not released:
        return None
    return Base(str(released[-1]), tagged(released[-1], project, repository), released[-1])


def released_in(repository: Repository | None) -> list[Version]:
    """The final releases in the history of what is checked out, oldest first."""
    if repository is None or not repository.has_commits():
        return []
    versions = [from_tag(tag) for tag in repository.release_tags(at="HEAD")]
    return [version for version in versions if not version.is_prerelease]


def tagged(version: Version, project: Project, repository: Repository) -> Contract:
    """The contract of a release that has a tag."""
    return contract_at(f"refs/tags/{to_tag(version)}", project, repository)


def named(name: str, project: Project, repository: Repository | None, index_url: str) -> Base:
    """What a user names: a folder, a wheel, a git ref, or a version here or in the index.

    Raises:
        CannotDo: there is no such base, or it cannot be read.
    """
    return named_base(name, project, repository) or _indexed(name, project, index_url)


def _indexed(name: str, project: Project, url: str) -> Base:
    """A release of the index, by its version."""
    distribution = project.package.distribution
    try:
        version = parse(name)
    except Refused:
        what = f"{name} is no git ref, folder, file, wheel or version"
        raise CannotDo(what, "give one of these to --against") from None
    if not url:
        raise CannotDo(f"there is no tag {to_tag(version)}", "give the index that has it with --index-url")
    token = os.environ.get("CRUCIBLE_TOKEN")
    # Late, for a base out of git or a folder needs no HTTP client, which takes as long as all the rest.
    from crucible_pipeline.index.client import Index  # noqa: PLC0415

    with Index(url, "__token__" if token else None, token) as index:
        for release in index.releases(distribution):
            if release.version == version and release.kind == "bdist_wheel":
                return contract_in_wheel(release.filename, index.download(release))
    raise CannotDo(f"the index has no wheel of {distribution} {version}", "give a version that is released")
