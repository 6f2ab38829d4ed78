"""The branch of an upgrade: commits on top of what is checked out, made without touching the checkout."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository
from crucible_pipeline.upgrade.merging import merged
from crucible_pipeline.upgrade.plumbing import blob_at, commit_of, paths_between, tree_with
from crucible_pipeline.upgrade.service import Service

# Says that crucible made a commit, and with which tree: a commit that a person amended has another one.
TRAILER = "Crucible-Tree"
PREFIX = "crucible/"
# More commits than this are no series of crucible's.
MAX_COMMITS = 100
# Fetched of a branch into a shallow clone: a series and what it stands on.
MAX_SERIES = 10
_TRAILER = re.compile(rf"^{TRAILER}: (?P<tree>[0-9a-f]{{40,64}})$", re.MULTILINE)
_UNFIT = re.compile(r"[^A-Za-z0-9_.]+")
_LINE = r"[0-9]+(?:\.[0-9]+)?"


@dataclass(frozen=True, slots=True)
class Branch:
    """An upgrade's branch.

    Args:
        name: without `refs/heads/`.
        commit: its tip.
    """

    name: str
    commit: str


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of an upgrade.

    Args:
        changed: path from the repository's root → new content.
        subject: the first line of its message.
        body: the rest.
    """

    changed: Mapping[str, bytes] = field(repr=False)
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Tip:
    """A branch of an upgrade as it is at a remote.

    Args:
        commit: 40 or 64 hex digits.
        ours: nobody but crucible committed to it.
        stands: merged into the base as it is now, it gives what is wanted now.
    """

    commit: str
    ours: bool
    stands: bool


def branch_name(package: str, line: str, folder: str) -> str:
    """The name of an upgrade's branch, such as `crucible/crucible-shared-0.4`.

    Args:
        package: that is upgraded.
        line: to which, such as `0.4`.
        folder: of the service in its repository; each service of one repository has its own branch.
    """
    return f"{PREFIX}{package}-{line}{_place(folder)}"


def line_in(name: str, package: str, folder: str) -> str | None:
    """The line in a name that `branch_name` gives to some line of the package; None for any other name."""
    expression = rf"{re.escape(f'{PREFIX}{package}')}-({_LINE}){re.escape(_place(folder))}"
    match = re.fullmatch(expression, name)
    return match[1] if match is not None else None


def _place(folder: str) -> str:
    place = "-".join(part for part in _UNFIT.split(folder.replace(".", "-")) if part)
    return f"-{place}" if place else ""


def commit_upgrade(service: Service, name: str, steps: Sequence[Step], there: str | None = None) -> Branch:
    """Put the steps on the branch, one commit each, on top of the service's.

    The branch is created; left alone where merging it gives the wanted files, so that it is rebased only on a
    conflict; or replaced where its commits are crucible's own and untouched.

    Args:
        service: that is upgraded.
        name: of the branch.
        steps: at least one.
        there: the commit that a remote has under that name; it is taken where it does.

    Raises:
        Refused: a person worked on the branch, or has it checked out.
        CannotDo: git failed.
    """
    repository, ref = service.repository, f"refs/heads/{name}"
    tip = repository.commit_of(ref)
    if tip is not None and stands(service, tip, steps):
        return Branch(name, tip)
    if tip is not None and repository.run("for-each-ref", "--format=%(worktreepath)", ref):
        raise Refused(f"the branch {name} is checked out", "check out another one")
    if tip is not None and not is_ours(repository, tip, service.commit):
        raise Refused(
            f"the branch {name} holds work that is not crucible's", "merge it, rename it or delete it"
        )
    commit = there if there is not None and stands(service, there, steps) else _series(service, steps)
    # the old value is checked: a branch that moved meanwhile is not overwritten
    repository.run("update-ref", "-m", "crucible upgrade", ref, commit, tip or "0" * len(commit))
    return Branch(name, commit)


def _series(service: Service, steps: Sequence[Step]) -> str:
    repository, commit = service.repository, service.commit
    for step in steps:
        files = {path: (service.files[path].mode, content) for path, content in step.changed.items()}
        tree = tree_with(repository, commit, files)
        message = f"{step.subject}\n\n{step.body.strip()}\n\n{TRAILER}: {tree}\n"
        commit = commit_of(repository, tree, commit, message)
    return commit


def is_ours(repository: Repository, tip: str, base: str) -> bool:
    """Whether everything that a branch adds to the history of `base` are untouched commits of crucible's."""
    return _fork(repository, tip, base) is not None


def _fork(repository: Repository, tip: str, base: str) -> str | None:
    """The commit that crucible's commits on a branch stand on; None where a person's are among them."""
    form = "--format=tformat:%T %P%n%B%x00"
    limit = f"--max-count={MAX_COMMITS + 1}"
    records = repository.run("rev-list", "--topo-order", form, limit, tip, f"^{base}", "--").split("\0")[:-1]
    fork, ours = tip, 0
    for record in records[:MAX_COMMITS]:
        # the first line repeats the commit's name
        told, _, message = record.strip("\n").partition("\n")[2].partition("\n")
        tree, *parents = told.split()
        said = _TRAILER.search(message)
        if said is None or said["tree"] != tree or len(parents) != 1:
            break
        fork, ours = parents[0], ours + 1
    if ours < len(records) and (not ours or repository.holds("merge-base", tip, base)):
        return None
    # in a shallow clone what is below may be the base's own history, of which it does not know
    return fork


def stands(service: Service, tip: str, steps: Sequence[Step]) -> bool:
    """Whether merging a branch into the service's commit gives exactly what the steps give."""
    repository, base = service.repository, service.commit
    fork = _fork(repository, tip, base)
    if fork is None and repository.holds("merge-base", tip, base):
        fork = repository.run("merge-base", tip, base)
    if fork is None or repository.commit_of(fork) is None:
        return False
    wanted: dict[str, bytes] = {}
    for step in steps:
        wanted |= step.changed
    touched = paths_between(repository, fork, tip)
    if len(touched) > len(wanted):
        return False
    for path in {*touched, *wanted}:
        ours = blob_at(repository, base, path)
        result = merged(ours, blob_at(repository, fork, path), blob_at(repository, tip, path))
        if result is None or result.content != wanted.get(path, ours):
            return False
    return True


def branches_at(repository: Repository, remote: str, package: str) -> dict[str, str]:
    """The branches of upgrades of a package at a remote: name → commit.

    Raises:
        CannotDo: the remote cannot be reached.
    """
    listed = repository.run("ls-remote", "--heads", remote, f"refs/heads/{PREFIX}{package}-*")
    found = (line.split("\t", 1) for line in listed.splitlines())
    return {name.removeprefix("refs/heads/"): commit for commit, name in found}


def tip_at(service: Service, remote: str, branch: tuple[str, str], steps: Sequence[Step] = ()) -> Tip:
    """What a branch at a remote is to us; its commits are fetched if need be, no branch here moves.

    Args:
        service: that is upgraded.
        remote: that has the branch.
        branch: its name and its commit there.
        steps: what is wanted.

    Raises:
        CannotDo: the remote cannot be reached.
    """
    repository, (name, commit) = service.repository, branch
    if repository.commit_of(commit) is None:
        depth = [f"--depth={MAX_SERIES}"] if repository.is_shallow() else []
        options = ["--quiet", "--no-tags", "--no-recurse-submodules", *depth]
        repository.run("fetch", *options, remote, f"refs/heads/{name}")
    if repository.commit_of(commit) is None:
        # it moved since the remote was asked: somebody works on it
        return Tip(commit, ours=False, stands=False)
    same = bool(steps) and stands(service, commit, steps)
    return Tip(commit, is_ours(repository, commit, service.commit), same)


def push_branch(service: Service, branch: Branch, remote: str, there: str = "") -> None:
    """Push the branch.

    Args:
        service: whose repository holds it.
        branch: to push.
        remote: to which.
        there: the commit that the branch has there, which was looked at; empty if it is to be created.

    Raises:
        CannotDo: the remote cannot be reached or refuses, or the branch moved meanwhile.
    """
    ref = f"refs/heads/{branch.name}"
    # the lease holds the remote to what was looked at
    lease = f"--force-with-lease={ref}:{there}"
    service.repository.run("push", "--quiet", "--no-follow-tags", lease, remote, f"{branch.commit}:{ref}")


def delete_branch(service: Service, branch: Branch, remote: str) -> None:
    """Delete a branch at a remote, if it still is what was looked at.

    Raises:
        CannotDo: it moved meanwhile, or the remote refuses.
    """
    ref = f"refs/heads/{branch.name}"
    lease = f"--force-with-lease={ref}:{branch.commit}"
    service.repository.run("push", "--quiet", lease, remote, f":{ref}")


def remote_of(repository: Repository) -> str:
    """The remote that the checked out branch follows, else `origin`, else the only one.

    Raises:
        CannotDo: there is none, or none of several can be told to be it.
    """
    branch = repository.branch()
    if branch and repository.holds("config", f"branch.{branch}.remote"):
        followed = repository.run("config", f"branch.{branch}.remote")
        if followed != ".":
            return followed
    names = repository.run("remote").split()
    if "origin" in names or len(names) == 1:
        return "origin" if "origin" in names else names[0]
    raise CannotDo("the repository has no remote to push to", "add one with git remote add origin URL")
