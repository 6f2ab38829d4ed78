"""Gathers what a decision about a release needs to know; reads the repository, its tags and its files."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.compat.bases import contract_at
from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.verdict import Waived, judge
from crucible_pipeline.contracts.check import lint
from crucible_pipeline.contracts.project import Project, load_project
from crucible_pipeline.errors import CannotDo, InvalidInput
from crucible_pipeline.generate.generate import generate
from crucible_pipeline.generate.write import stale
from crucible_pipeline.git import Repository
from crucible_pipeline.release.candidate import rivals
from crucible_pipeline.release.changelog import UNRELEASED, entry
from crucible_pipeline.release.environment import pretending
from crucible_pipeline.release.packages import Released
from crucible_pipeline.release.plan import Facts
from crucible_pipeline.release.series import Series, told_bump
from crucible_pipeline.version import Bump, bumped

CHANGELOG = "CHANGELOG.md"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the contracts say, and what that asks of the next version.

    Args:
        files: what they generate: `python/<path>` and `typescript/<path>` → text.
        released: the versions that are tagged in the commit's history.
        base: the release compared with; None for a first one.
        required: which number has to rise after `base`.
        next_version: the smallest version that is enough; None without a base.
        changes: since `base`.
        waived: those among them that would break and were agreed to.
    """

    files: Mapping[str, str]
    released: tuple[Version, ...]
    base: Version | None = None
    required: Bump = Bump.NONE
    next_version: Version | None = None
    changes: tuple[Change, ...] = ()
    waived: tuple[Waived, ...] = ()


def judged(
    released: Released, repository: Repository, at: str, version: Version | None, today: date
) -> Judgement:
    """Read the contracts and compare them with the releases that a version must talk to.

    Args:
        released: in the work tree, or in a clone at a tag.
        repository: whose tags tell what is released.
        at: the commit; only releases in its history count.
        version: the candidate; None for one that follows everything.
        today: waivers that expired before count no longer.

    Raises:
        InvalidInput: the contracts have problems, stale waivers among them.
    """
    project, series = released.project, released.series
    out = tuple(series.version(tag) for tag in tags_of(series, repository, at))
    others = rivals(out, version)
    if not released.contracts:
        return _without_contracts(project, out, others, version)
    contract = load_project(project)
    problems = [problem for problem in lint(contract) if problem.severity == "error"]
    if problems:
        raise InvalidInput(problems)
    files = generate(contract)
    verdict = judge(
        contract,
        {str(other): contract_at(f"refs/tags/{series.tag(other)}", project, repository) for other in others},
        package=project.package.distribution,
        newest=others[-1] if others else None,
        mode=project.mode,
        today=today,
    )
    if verdict.problems:
        raise InvalidInput(verdict.problems)
    if not others:
        return Judgement(files, out)
    return Judgement(
        files,
        out,
        others[-1],
        verdict.required_bump,
        verdict.next_version,
        verdict.changes,
        verdict.waived,
    )


def _without_contracts(
    project: Project, out: tuple[Version, ...], others: list[Version], version: Version | None
) -> Judgement:
    """What the changelog asks for, of a package that no contract speaks for."""
    said = entry(text_of(project.root / CHANGELOG), UNRELEASED if version is None else str(version))
    if not others:
        return Judgement({}, out)
    required = told_bump(said or "", others[-1])
    return Judgement({}, out, others[-1], required, bumped(others[-1], required))


def tags_of(series: Series, repository: Repository, at: str | None = None) -> list[str]:
    """The release tags of a package, oldest version first.

    Args:
        series: its tags.
        repository: that holds them.
        at: only those that this commit holds in its history.
    """
    merged = [f"--merged={at}"] if at else []
    return series.sorted(repository.run("tag", "--list", f"{series.prefix}[0-9]*", *merged).split())


def of_repository(
    repository: Repository, tag: str, branch: str | None, series: Series | None = None
) -> Facts:
    """What git alone can tell of a tag that is there or to be made.

    Args:
        repository: with at least one commit.
        tag: may be empty or no version at all.
        branch: the branch that releases come from; the repository's default branch if None.
        series: the tags of the package; `v` and a version if None.
    """
    series = series or Series()
    release_branch = branch or repository.default_branch()
    commit = repository.commit_of(f"refs/tags/{tag}") if tag else None
    return Facts(
        tag=tag,
        branch=repository.branch(),
        release_branch=release_branch,
        on_release_branch=commit is None or repository.reaches(release_branch, commit),
        changes=tuple(repository.changes()),
        shallow=repository.is_shallow(),
        tags=tuple(tags_of(series, repository)),
        exists=commit is not None,
        annotated=commit is not None and repository.is_annotated(tag),
        series=series,
        ahead=repository.time_of(commit or "HEAD") - int(time.time()),
    )


def on_branch(known: Facts, repository: Repository, commit: str) -> Facts:
    """The same with whether a commit lies in the history of the branch that releases come from."""
    return replace(known, on_release_branch=repository.reaches(known.release_branch, commit))


def with_environment(known: Facts, environ: Mapping[str, str]) -> Facts:
    """The same with what the caller's environment would overrule."""
    return replace(known, pretending=pretending(environ))


def with_judgement(known: Facts, state: Judgement) -> Facts:
    """The same with what the comparison with earlier releases asks for."""
    return replace(known, base=state.base, required=state.required, next_version=state.next_version)


def with_contents(known: Facts, project: Project, files: Mapping[str, str], name: str) -> Facts:
    """The same with what the files of the project say.

    Args:
        known: of the repository.
        project: in the work tree, or in a clone at the tag.
        files: what its contracts generate.
        name: the changelog's entry to read, a version or `Unreleased`.

    Raises:
        CannotDo: there is no changelog.
    """
    found = stale(files, targets(project)) if files else []
    names = sorted(
        path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else path.name
        for path in found
    )
    return replace(known, stale=tuple(names), entry=entry(text_of(project.root / CHANGELOG), name))


def targets(project: Project) -> dict[str, Path]:
    """Where the generated code of each language lives."""
    given = {"python": project.python, "typescript": project.typescript}
    return {language: folder for language, folder in given.items() if folder is not None}


def text_of(path: Path) -> str:
    """A text file as it is, line ends included.

    Raises:
        CannotDo: it is not there or no UTF-8.
    """
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        raise CannotDo(
            f"there is no {path.name} beside pyproject.toml", "start one with a line `## [Unreleased]`"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CannotDo(f"cannot read {path.name}: {error}") from None
