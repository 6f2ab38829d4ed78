"""A tag that may be published: every objection is looked for in the repository and in a fresh clone."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.contracts.project import Project, find_project
from crucible_pipeline.errors import CannotDo
from crucible_pipeline.git import Repository
from crucible_pipeline.release import changelog, facts
from crucible_pipeline.release.build import clone_at, lying_in
from crucible_pipeline.release.candidate import next_after
from crucible_pipeline.release.packages import Released, chosen, packages_of
from crucible_pipeline.release.plan import PREVIEW, PUBLISH, TAGGED, require

# What stands beside a package without contracts and is no part of it.
_ABOUT = frozenset({"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "MANIFEST.in"})


@dataclass(frozen=True, slots=True)
class Tagged:
    """A clone at a tag against which nothing stands.

    Args:
        tag: its name.
        version: that it names.
        commit: that it is on.
        time: of the commit, in seconds since 1970.
        clone: whole, with this tag as its only one.
        address: of the repository's origin; empty where it has none.
        released: the package, in the clone.
        package: the files of the Python package, by their names in the wheel.
        tracked: what the commit holds of the project, by the names below its root.
    """

    tag: str
    version: Version
    commit: str
    time: int
    clone: Repository
    address: str
    released: Released
    package: Mapping[str, bytes] = field(repr=False)
    tracked: Mapping[str, bytes] = field(repr=False)

    @property
    def project(self) -> Project:
        """Of the package, in the clone."""
        return self.released.project

    @property
    def scripts(self) -> dict[str, bytes]:
        """`entry_points.txt` as the project's own scripts make it; nothing where it has none."""
        found = tomllib.loads(self.tracked["pyproject.toml"].decode()).get("project", {}).get("scripts", {})
        lines = "".join(f"{name} = {target}\n" for name, target in sorted(found.items()))
        return {"entry_points.txt": f"[console_scripts]\n{lines}".encode()} if lines else {}

    @property
    def source(self) -> str:
        """The folder of the Python package, from the project's root."""
        return _below(self.project.root, self.project.python)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user wants to publish.

    Args:
        project: of the contracts, in the work tree of a repository.
        environ: the caller's.
        package: name of the distribution; None leaves it to the tag.
        tag: None takes the release tag on HEAD.
        branch: the branch that releases come from; the repository's default branch if None.
    """

    project: Project
    environ: Mapping[str, str] = field(repr=False)
    package: str | None = None
    tag: str | None = None
    branch: str | None = None


def tagged(wanted: Wanted, folder: Path, dist: Path | None = None) -> Tagged:
    """Clone a tag and look for everything that stands against publishing it.

    Args:
        wanted: which tag.
        folder: where the clone is made; it must not exist.
        dist: where artifacts of the release may lie. Whoever made them found the generated code fresh; they
            have to hold what the tag holds, whatever generator is at work here.

    Raises:
        NotReady: every objection at once; nothing was built.
        InvalidInput: the contracts at the tag have problems.
        CannotDo: there is no repository, or git failed.
    """
    repository = _repository(wanted)
    packages = packages_of(wanted.project, repository)
    released, tag = meant(wanted, packages, repository)
    known = facts.of_repository(repository, tag, wanted.branch, released.series)
    known = facts.with_environment(known, wanted.environ)
    if not known.exists or not released.series.names(tag):
        # Without a version there is nothing to look into.
        require(TAGGED, known)
    version = released.series.version(tag)
    clone = clone_at(repository, f"refs/tags/{tag}", folder)
    there = _in_clone(released, wanted.project, repository, clone)
    state = facts.judged(there, clone, f"refs/tags/{tag}", version, _day(clone))
    known = facts.with_judgement(known, state)
    files: Mapping[str, str] = {} if lying_in(dist, released.name, version) else state.files
    require(PUBLISH, facts.with_contents(known, there.project, files, str(version)))
    return _whole(tag, (clone, _address(repository)), there, files)


def previewed(wanted: Wanted, folder: Path, dist: Path | None = None) -> Tagged:
    """The commit on HEAD as a preview of the next release: `X.Y.Z.devN`, tagged in the clone alone.

    X.Y.Z is what the verdict asks of the next release, N the number of commits since the last one; PEP 440
    orders a later commit's preview after an earlier one's.

    Args:
        wanted: which package; its tag is not looked at.
        folder: where the clone is made; it must not exist.
        dist: see `tagged`.

    Raises:
        NotReady: every objection at once; nothing was built.
        InvalidInput: the contracts have problems.
        CannotDo: there is no repository, or git failed.
    """
    repository = _repository(wanted)
    released = chosen(packages_of(wanted.project, repository), wanted.package, None)
    known = facts.of_repository(repository, "", wanted.branch, released.series)
    known = facts.with_environment(facts.on_branch(known, repository, repository.head()), wanted.environ)
    clone = clone_at(repository, repository.head(), folder)
    there = _in_clone(released, wanted.project, repository, clone)
    state = facts.judged(there, clone, "HEAD", None, _day(clone))
    series = released.series
    since = f"refs/tags/{series.tag(max(state.released))}..HEAD" if state.released else "HEAD"
    following = next_after(state.released, state.next_version)
    version = Version(f"{following}.dev{clone.run('rev-list', '--count', since)}")
    files: Mapping[str, str] = {} if lying_in(dist, released.name, version) else state.files
    require(PREVIEW, facts.with_contents(known, there.project, files, changelog.UNRELEASED))
    tag = series.tag(version)
    # The build reads the version from a tag; this one exists nowhere but here.
    signature = ("-c", "user.name=crucible", "-c", "user.email=crucible@packages.example")
    clone.run(*signature, "tag", "--annotate", "--no-sign", "--message", f"Preview {version}", tag)
    return _whole(tag, (clone, _address(repository)), there, files)


def _address(repository: Repository) -> str:
    asked = ("config", "--get", "remote.origin.url")
    return repository.run(*asked) if repository.holds(*asked) else ""


def _repository(wanted: Wanted) -> Repository:
    repository = Repository.containing(wanted.project.root)
    if not repository.has_commits():
        raise CannotDo("the repository has no commit", "make a release with crucible release")
    return repository


def meant(wanted: Wanted, packages: tuple[Released, ...], repository: Repository) -> tuple[Released, str]:
    """The package and its tag: the one named, else its greatest on HEAD, else any tag there."""
    if wanted.tag is not None:
        return chosen(packages, wanted.package, wanted.tag), wanted.tag
    tags = sorted(repository.tags_at("HEAD"))
    if wanted.package is not None:
        released = chosen(packages, wanted.package, None)
        return released, (released.series.sorted(tags) or tags or [""])[-1]
    for released in packages:
        if own := released.series.sorted(tags):
            return released, own[-1]
    return packages[0], (tags or [""])[-1]


def _in_clone(released: Released, project: Project, repository: Repository, clone: Repository) -> Released:
    there = find_project(clone.root / _below(repository.root, project.contracts))
    return chosen(packages_of(there, clone), released.name, None)


def _whole(tag: str, source: tuple[Repository, str], there: Released, files: Mapping[str, str]) -> Tagged:
    clone, address = source
    # What is built from here may find no other tag that could name the version.
    clone.keep_only_tag(tag)
    prefix = _below(clone.root, there.project.root)
    tracked = {
        path.removeprefix(f"{prefix}/" if prefix != "." else ""): content
        for path, content in clone.files_at("HEAD", "" if prefix == "." else prefix).items()
    }
    package = _generated(there, files) if files else _tracked(there, tracked)
    version = there.series.version(tag)
    return Tagged(tag, version, clone.head(), clone.time_of("HEAD"), clone, address, there, package, tracked)


def _generated(there: Released, files: Mapping[str, str]) -> dict[str, bytes]:
    return {
        f"{there.project.package.import_name}/{path.removeprefix('python/')}": text.encode()
        for path, text in files.items()
        if path.startswith("python/")
    }


def _tracked(there: Released, tracked: Mapping[str, bytes]) -> dict[str, bytes]:
    source = _below(there.project.root, there.project.python)
    prefix = "" if source == "." else f"{source}/"
    return {
        f"{there.project.package.import_name}/{name.removeprefix(prefix)}": content
        for name, content in tracked.items()
        if name.startswith(prefix) and name not in _ABOUT
    }


def _day(clone: Repository) -> date:
    """The commit's own day: a waiver that expires later changes nothing about it."""
    return datetime.fromtimestamp(clone.time_of("HEAD"), UTC).date()


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
