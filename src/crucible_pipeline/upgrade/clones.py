"""Clones of services' repositories in a cache: bare, one commit deep, and brought up to date by one fetch.

Nothing is checked out, so no filter, hook or submodule of a repository can take effect. A clone is a copy:
one that is broken is made anew.
"""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository
from crucible_pipeline.upgrade.encoding import printable
from crucible_pipeline.upgrade.once import Once
from crucible_pipeline.upgrade.services_file import has_password

TRANSFER_SECONDS = 900.0
LOCK_SECONDS = 1800.0
RETRIES = 2
_SAFE = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.autoDetach=false"),
    *("-c", "fetch.recurseSubmodules=false"),
)
# What may go away by itself: the network, a server that is busy or restarted.
_PASSING = re.compile(
    r"error: (?:429|50[0234])\b|timed out|Connection reset|early EOF|hung up|not resolve host"
)
_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Clones:
    """The clones below a folder; safe for threads, and for processes that share the folder.

    Args:
        folder: made where it is missing; only its owner may look into it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # what was brought up to date in this run is not asked for again: services may share a repository
        self._current = Once(self._updated)

    @contextlib.contextmanager
    def at(self, url: str, branch: str) -> Generator[Repository]:
        """The newest commit of a branch, in a bare repository whose HEAD is that branch.

        Args:
            url: of the repository; also the remote `origin` of the clone.
            branch: empty for the default one.

        Raises:
            Refused: the address holds a password, or the repository has no such branch.
            CannotDo: it cannot be reached, or another run keeps the clone for too long.
        """
        if has_password(url):
            raise Refused("the URL holds a password", "leave it to git's credential helper")
        place = self._place(url, branch)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(place.with_suffix(".lock"), timeout=LOCK_SECONDS):
                self._current((url, branch))
                yield Repository(place)
        except Timeout:
            raise CannotDo(f"another run keeps the clone of {url}", "wait for it to end") from None
        except OSError as error:
            raise CannotDo(
                f"the cache in {self._folder} cannot be used: {error.strerror or error}",
                "give another folder with --cache",
            ) from None

    def _place(self, url: str, branch: str) -> Path:
        name = hashlib.sha256(f"{url}\0{branch}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return self._folder / f"{name}.git"

    def _updated(self, wanted: tuple[str, str]) -> None:
        url, branch = wanted
        place = self._place(url, branch)
        name, tip = _tip(self._folder, url, branch)
        if place.exists():
            # a clone that was left half-way, or that a crash broke, costs no more than a new one
            with contextlib.suppress(CannotDo):
                _update(place, url, name, tip)
                return
            shutil.rmtree(place)
        _git(
            self._folder,
            "init",
            "--quiet",
            "--bare",
            "--template=",
            f"--initial-branch={name}",
            os.fspath(place),
        )
        _git(place, "remote", "add", "origin", url)
        _update(place, url, name, tip)


def _tip(folder: Path, url: str, branch: str) -> tuple[str, str]:
    """The name of a branch and its newest commit, as the remote says."""
    asked = f"refs/heads/{branch}" if branch else "HEAD"
    name, tip = branch, ""
    for line in _remote(folder, url, "ls-remote", "--symref", "--", url, asked).splitlines():
        value, _, ref = line.partition("\t")
        if ref == "HEAD" and value.startswith("ref: refs/heads/"):
            name = value.removeprefix("ref: refs/heads/")
        elif ref == asked and _OID.fullmatch(value):
            tip = value
    if not tip or not name:
        what = f"has no branch {branch}" if branch else "has no commit, or HEAD is on no branch"
        raise Refused(f"{url} {what}", "give its branch" if branch or tip else "commit to it first")
    return name, tip


def _update(place: Path, url: str, name: str, tip: str) -> None:
    """Bring the branch of a clone to the remote's commit; nothing is asked where it has that already."""
    repository = Repository(place)
    ref = f"refs/heads/{name}"
    if repository.commit_of(ref) != tip:
        flags = ("--quiet", "--depth=1", "--no-tags", "--update-shallow", "--no-write-fetch-head")
        _remote(place, url, "fetch", *flags, "origin", f"+{ref}:{ref}")
    if repository.branch() != name:
        repository.run("symbolic-ref", "HEAD", ref)
    if not repository.has_commits():
        raise CannotDo(f"the clone of {url} lacks its commit")


def _remote(folder: Path, url: str, *arguments: str) -> str:
    """Run git where it talks to another machine: again where that may help, and never for ever."""
    for attempt in range(RETRIES + 1):
        try:
            return _git(folder, *arguments)
        except CannotDo as error:
            if attempt == RETRIES or not _PASSING.search(error.what):
                raise CannotDo(
                    f"the repository {url} cannot be reached: {error.what}",
                    "look at its address and at your rights",
                ) from None
        time.sleep(0.5 * 4**attempt)
    raise AssertionError


def _git(folder: Path, *arguments: str) -> str:
    """Run git bounded in time, with the helpers that it starts; its output as text."""
    with _started(folder, arguments) as process:
        try:
            said, complained = process.communicate(timeout=TRANSFER_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise CannotDo(f"git {arguments[0]} took longer than {TRANSFER_SECONDS:.0f} seconds") from None
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        words = " ".join(printable(os.fsdecode(complained)).split())[-500:]
        raise CannotDo(words or f"git {arguments[0]} failed")
    return os.fsdecode(said)


def _started(folder: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or _is_kept(name)
    }
    return subprocess.Popen(
        ["git", *_SAFE, *arguments],
        cwd=folder,
        # the transports that run no program which an address names (git(1), GIT_ALLOW_PROTOCOL)
        env={
            **kept,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
            "LC_ALL": "C",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _is_kept(name: str) -> bool:
    """Variables of git that say how a remote is reached, not which repository is meant."""
    return name.startswith(("GIT_SSH", "GIT_SSL", "GIT_HTTP", "GIT_PROXY", "GIT_CONFIG", "GIT_ASKPASS"))
