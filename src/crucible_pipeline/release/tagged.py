"""A tag that may be published: every objection is looked for in the repository and in a fresh clone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.contracts.project import Project, find_project
from crucible_pipeline.errors import CannotDo
from crucible_pipeline.git import Repository
from crucible_pipeline.release import facts
from crucible_pipeline.release.build import clone_at
from crucible_pipeline.release.plan import PUBLISH, TAGGED, require
from crucible_pipeline.version import from_tag, is_release_tag


@dataclass(frozen=True, slots=True)
class Tagged:
    """A clone at a tag against which nothing stands.

    Args:
        tag: its name.
        version: that it names.
        commit: that it is on.
        time: of the commit, in seconds since 1970.
        project: in the clone.
        package: the files of the Python package, by their names in the wheel.
        tracked: what the commit holds of the project, by the names below its root.
    """

    tag: str
    version: Version
    commit: str
    time: int
    project: Project
    package: Mapping[str, bytes] = field(repr=False)
    tracked: Mapping[str, bytes] = field(repr=False)

    @property
    def source(self) -> str:
        """The folder of the Python package, from the project's root."""
        return _below(self.project.root, self.project.python)


def tagged(
    project: Project, tag: str | None, branch: str | None, environ: Mapping[str, str], folder: Path
) -> Tagged:
    """Clone a tag and look for everything that stands against publishing it.

    Args:
        project: in the work tree of a repository.
        tag: None takes the release tag on HEAD.
        branch: the branch that releases come from; the repository's default branch if None.
        environ: the caller's.
        folder: where the clone is made; it must not exist.

    Raises:
        NotReady: every objection at once; nothing was built.
        InvalidInput: the contracts at the tag have problems.
        CannotDo: there is no repository, or git failed.
    """
    repository = Repository.containing(project.root)
    if not repository.has_commits():
        raise CannotDo("the repository has no commit", "make a release with crucible release")
    name = _on_head(repository) if tag is None else tag
    known = facts.with_environment(facts.of_repository(repository, name, branch), environ)
    if not known.exists or not is_release_tag(name):
        # Without a version there is nothing to look into.
        require(TAGGED, known)
    clone = clone_at(repository, name, folder)
    there = find_project(clone.root / _below(repository.root, project.contracts))
    # A waiver that expires later changes nothing about a tag: its own day counts.
    day = datetime.fromtimestamp(clone.time_of("HEAD"), UTC).date()
    state = facts.judged(there, clone, f"refs/tags/{name}", from_tag(name), day)
    known = facts.with_contents(facts.with_judgement(known, state), there, state.files, str(from_tag(name)))
    require(PUBLISH, known)
    # What is built from here may find no other tag that could name the version.
    clone.keep_only_tag(name)
    prefix = _below(clone.root, there.root)
    return Tagged(
        name,
        from_tag(name),
        clone.head(),
        clone.time_of("HEAD"),
        there,
        {
            f"{there.package.import_name}/{path.removeprefix('python/')}": text.encode()
            for path, text in state.files.items()
            if path.startswith("python/")
        },
        {
            path.removeprefix(f"{prefix}/" if prefix != "." else ""): content
            for path, content in clone.files_at("HEAD", "" if prefix == "." else prefix).items()
        },
    )


def _on_head(repository: Repository) -> str:
    """The release tag on HEAD with the greatest version, else any tag there, else nothing."""
    tags = sorted(repository.tags_at("HEAD"))
    releases = sorted((tag for tag in tags if is_release_tag(tag)), key=from_tag)
    return (releases or tags or [""])[-1]


def _below(root: Path, path: Path | None) -> str:
    """A path from a folder above it; links in either do not matter.

    Raises:
        CannotDo: it is not below, or not known.
    """
    if path is None:
        raise CannotDo("the project has no Python package", "set tool.crucible.python in pyproject.toml")
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise CannotDo(f"{path} is not below {root}", "keep contracts and code in one repository") from None
