"""Makes a release of a work tree: rolls the changelog, commits, tags, pushes. Writes only in `carry_out`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.compat.change import Change
from crucible_pipeline.errors import CannotDo, CrucibleError
from crucible_pipeline.git import Repository
from crucible_pipeline.release import changelog, facts
from crucible_pipeline.release.candidate import next_after, tag_for
from crucible_pipeline.release.packages import Released
from crucible_pipeline.release.plan import RELEASE, require
from crucible_pipeline.version import Bump, Severity


@dataclass(frozen=True, slots=True)
class Plan:
    """What a release will do, all of it known before anything is done.

    Args:
        package: the distribution's name.
        version: of the release.
        tag: that it gets.
        branch: that is pushed.
        base: the release that the contract was compared with; None for a first one.
        required: which number has to rise after `base`.
        subject: of the commit.
        message: of the tag.
        path: the changelog, from the root of the repository.
        text: the whole changelog as it will be.
    """

    package: str
    version: Version
    tag: str
    branch: str
    base: Version | None
    required: Bump
    subject: str
    message: str
    path: str
    text: str


def plan(
    released: Released, wanted: Version | None, today: date, branch: str | None, environ: Mapping[str, str]
) -> Plan:
    """Check everything and plan a release of what is committed.

    Args:
        released: in a work tree.
        wanted: the version; None takes what the comparison with earlier releases asks for.
        today: for the changelog, and for waivers that expire.
        branch: the branch that releases come from; the repository's default branch if None.
        environ: the caller's.

    Raises:
        NotReady: every objection at once.
        InvalidInput: the contracts have problems.
        CannotDo: there is no repository, or it has no commit.
    """
    project, series = released.project, released.series
    repository = Repository.containing(project.root)
    if not repository.has_commits():
        raise CannotDo("the repository has no commit", "commit the contracts first")
    state = facts.judged(released, repository, "HEAD", wanted, today)
    version = wanted or next_after(state.released, state.next_version)
    tag_for(version)
    tag = series.tag(version)
    known = facts.of_repository(repository, tag, branch, series)
    known = facts.with_judgement(known, state)
    known = facts.with_contents(known, project, state.files, changelog.UNRELEASED)
    require(RELEASE, facts.with_environment(known, environ))
    path = project.root / facts.CHANGELOG
    agreed = {(one.change.rule, one.change.element) for one in state.waived}
    said = [line_for(change, waived=(change.rule, change.element) in agreed) for change in state.changes]
    text = changelog.roll(facts.text_of(path), version, today.isoformat(), said, series.prefix)
    package = project.package.distribution
    return Plan(
        package,
        version,
        tag,
        known.release_branch,
        state.base,
        state.required,
        f"Release {package} {version}",
        f"{package} {version}\n\n{changelog.entry(text, str(version))}",
        path.resolve().relative_to(repository.root.resolve()).as_posix(),
        text,
    )


def line_for(change: Change, *, waived: bool = False) -> str:
    """A change of the contract as the changelog tells it; a waived one says what it breaks and why it may."""
    word = {Severity.BREAKING: "**Breaking**: ", Severity.ADDITIVE: "Added: "}.get(change.severity, "")
    return f"{'**Waived**: ' if waived else word}`{change.element}`: {change.message}"


def carry_out(plan: Plan, repository: Repository, *, push: bool) -> str:
    """Do what was planned: all of it, or nothing where a step fails before the tag stands.

    Args:
        plan: of this repository.
        repository: unchanged since.
        push: whether branch and tag go to origin, both at once.

    Returns:
        The commit of the release.

    Raises:
        CannotDo: git failed; after a failed push, commit and tag stand here and the error says how to go on.
    """
    before = repository.head()
    path = Path(repository.root) / plan.path
    path.write_bytes(plan.text.encode())
    try:
        commit = repository.commit(plan.subject, [plan.path])
        repository.tag(plan.tag, plan.message)
    except CrucibleError:
        repository.go_back(before)
        repository.run("checkout", "--quiet", before, "--", plan.path)
        raise
    if push:
        try:
            repository.push(plan.branch, plan.tag)
        except CannotDo as error:
            again = f"push it: git push --atomic origin HEAD:refs/heads/{plan.branch} refs/tags/{plan.tag}"
            raise CannotDo(f"{plan.tag} is tagged here and not pushed: {error.what}", again) from error
    return commit
