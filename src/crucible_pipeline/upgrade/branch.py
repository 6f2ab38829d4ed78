"""The branch of an upgrade: one commit on top of what is checked out, made without touching the checkout."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository
from crucible_pipeline.upgrade.plumbing import commit_of, tree_with
from crucible_pipeline.upgrade.service import Service

# Says that crucible made a commit, and with which tree: a commit that a person amended has another one.
TRAILER = "Crucible-Tree"
_TRAILER = re.compile(rf"^{TRAILER}: (?P<tree>[0-9a-f]{{40,64}})$", re.MULTILINE)
_UNFIT = re.compile(r"[^A-Za-z0-9_.]+")


@dataclass(frozen=True, slots=True)
class Branch:
    """An upgrade's branch.

    Args:
        name: without `refs/heads/`.
        commit: its tip.
    """

    name: str
    commit: str


def branch_name(package: str, line: str, folder: str) -> str:
    """The name of an upgrade's branch, such as `crucible/upgrade-crucible-shared-0.4`.

    Args:
        package: that is upgraded.
        line: to which, such as `0.4`.
        folder: of the service in its repository; each service of one repository has its own branch.
    """
    place = "-".join(part for part in _UNFIT.split(folder.replace(".", "-")) if part)
    return f"crucible/upgrade-{package}-{line}" + (f"-{place}" if place else "")


def commit_upgrade(
    service: Service, name: str, changed: Mapping[str, bytes], subject: str, body: str
) -> Branch:
    """Put the changed files on the branch, in one commit on top of the service's.

    The branch is created, left alone where it holds the same files already, or replaced where its commit is
    crucible's own and untouched.

    Raises:
        Refused: a person worked on the branch, or has it checked out.
        CannotDo: git failed.
    """
    repository, ref = service.repository, f"refs/heads/{name}"
    files = {path: (service.files[path].mode, content) for path, content in changed.items()}
    tree = tree_with(repository, service.commit, files)
    tip = repository.commit_of(ref)
    if tip is not None:
        if repository.run("rev-parse", f"{tip}^{{tree}}") == tree:
            return Branch(name, tip)
        if repository.run("for-each-ref", "--format=%(worktreepath)", ref):
            raise Refused(f"the branch {name} is checked out", "check out another one")
        if not is_ours(repository, tip, service.commit):
            raise Refused(
                f"the branch {name} holds work that is not crucible's", "merge it, rename it or delete it"
            )
    message = f"{subject}\n\n{body.strip()}\n\n{TRAILER}: {tree}\n"
    commit = commit_of(repository, tree, service.commit, message)
    # the old value is checked: a branch that moved meanwhile is not overwritten
    repository.run("update-ref", "-m", "crucible upgrade", ref, commit, tip or "0" * len(commit))
    return Branch(name, commit)


def is_ours(repository: Repository, tip: str, base: str) -> bool:
    """Whether a branch is one untouched commit of crucible's on top of the history of `base`."""
    said = _TRAILER.search(repository.run("show", "--no-patch", "--format=%B", tip))
    if said is None or said["tree"] != repository.run("rev-parse", f"{tip}^{{tree}}"):
        return False
    own = repository.run("rev-list", tip, f"^{base}").split()
    return own in ([tip], [])


def push_branch(service: Service, branch: Branch, remote: str) -> None:
    """Push the branch; nothing where the remote has it already.

    Raises:
        Refused: a person pushed to the branch of that name.
        CannotDo: the remote cannot be reached or refuses.
    """
    repository, ref = service.repository, f"refs/heads/{branch.name}"
    listed = repository.run("ls-remote", remote, ref).split()
    there = listed[0] if listed else ""
    if there == branch.commit:
        return
    if there:
        if repository.commit_of(there) is None:
            repository.run("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", remote, ref)
        if not is_ours(repository, there, service.commit):
            raise Refused(
                f"the branch {branch.name} at {remote} holds work that is not crucible's",
                "merge it or delete it there",
            )
    # the lease holds the remote to what was looked at
    lease = f"--force-with-lease={ref}:{there}"
    repository.run("push", "--quiet", "--no-follow-tags", lease, remote, f"{branch.commit}:{ref}")


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
