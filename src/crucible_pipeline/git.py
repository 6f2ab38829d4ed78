"""Git as a program: read a repository, commit to it, clone it at a tag.

No hook, file-system monitor or prompt of a repository ever runs: a service's repository is untrusted.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.version import from_tag, is_release_tag

_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "advice.detachedHead=false")
# A variable such as GIT_DIR (set while a hook runs) would point every command at another repository.
_MISLEADING = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _git(directory: Path, arguments: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *_QUIET, *arguments],
            cwd=directory,
            env=_environment(),
            input=given,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise CannotDo("git is not installed or the folder is gone", f"look at {directory}") from None


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree.

    Args:
        root: its top folder.
    """

    root: Path

    @classmethod
    def containing(cls, directory: Path) -> "Repository":
        """The repository whose work tree holds `directory`.

        Raises:
            CannotDo: it lies in none.
        """
        found = _git(directory, ["rev-parse", "--show-toplevel"]) if directory.is_dir() else None
        if found is None or found.returncode:
            raise CannotDo(f"{directory} is in no git repository", "give a folder inside a clone")
        return cls(Path(os.fsdecode(found.stdout.rstrip(b"\n"))))

    def run(self, *arguments: str) -> str:
        """Run one git command and return what it printed, without the last newline.

        Raises:
            CannotDo: it failed; the error holds git's own words.
        """
        return os.fsdecode(self.read(*arguments)).rstrip("\n")

    def read(self, *arguments: str, given: bytes = b"") -> bytes:
        """As `run`, but the bytes as they are.

        Args:
            arguments: of git.
            given: what it reads on its standard input.
        """
        done = _git(self.root, arguments, given)
        if done.returncode:
            said = os.fsdecode(done.stderr).strip() or f"exit code {done.returncode}"
            raise CannotDo(f"git {arguments[0]} failed in {self.root}: {said}")
        return done.stdout

    def holds(self, *arguments: str) -> bool:
        """Whether a command that answers by its exit code says yes."""
        return _git(self.root, arguments).returncode == 0

    # what there is

    def changes(self) -> list[str]:
        """Files that differ from HEAD or are untracked (ignored ones excepted), as git names them."""
        return [line[3:] for line in self.run("status", "--porcelain", "--untracked-files=all").splitlines()]

    def is_shallow(self) -> bool:
        """Whether history is missing, so that tags may be too."""
        return self.run("rev-parse", "--is-shallow-repository") == "true"

    def head(self) -> str:
        """The commit checked out, 40 hex digits."""
        return self.run("rev-parse", "HEAD")

    def has_commits(self) -> bool:
        """Whether HEAD names a commit."""
        return self.holds("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    def branch(self) -> str:
        """The branch checked out; empty on a detached HEAD."""
        return self.run("branch", "--show-current")

    def commit_of(self, ref: str) -> str | None:
        """The commit a ref names, or None."""
        if ref.startswith("-"):
            return None
        found = _git(self.root, ["rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"])
        return os.fsdecode(found.stdout.strip()) if found.returncode == 0 else None

    def is_annotated(self, tag: str) -> bool:
        """Whether a tag is an object of its own, with author and date, and no mere name."""
        return self.holds("cat-file", "-e", f"refs/tags/{tag}") and (
            self.run("cat-file", "-t", f"refs/tags/{tag}") == "tag"
        )

    def release_tags(self, at: str | None = None) -> list[str]:
        """Release tags (`v` and a version), oldest version first.

        Args:
            at: only those that this commit holds in its history.
        """
        merged = [f"--merged={at}"] if at else []
        tags = self.run("tag", "--list", "v[0-9]*", *merged).split()
        return sorted((tag for tag in tags if is_release_tag(tag)), key=from_tag)

    def tags_at(self, commit: str) -> list[str]:
        """Every tag on a commit, in git's order, whatever its form."""
        return self.run("tag", "--list", "--points-at", commit).split()

    def default_branch(self) -> str:
        """The branch that releases come from: origin's default where it is known, else main, else master.

        Empty where none of them exists.
        """
        if self.holds("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"):
            return self.run("symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
        known = (name for name in ("main", "master") if self.reaches(name))
        return next(known, "")

    def reaches(self, branch: str, commit: str | None = None) -> bool:
        """Whether a branch exists, here or at origin, and holds a commit in its history.

        Args:
            branch: its name.
            commit: only its existence is asked for if None.
        """
        for ref in (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}"):
            tip = self.commit_of(ref)
            if tip and (commit is None or self.holds("merge-base", "--is-ancestor", commit, tip)):
                return True
        return False

    def time_of(self, commit: str) -> int:
        """When a commit was made, in whole seconds since 1970."""
        return int(self.run("show", "--no-patch", "--format=%ct", f"{commit}^{{commit}}"))

    def files_at(self, ref: str, below: str = "") -> dict[str, bytes]:
        """The regular files of a commit below a folder: path from the root → content.

        Symbolic links and submodules are left out: their content is no content of the commit.
        """
        listing = self.read("ls-tree", "-r", "-z", "--full-tree", ref, "--", *([below] if below else []))
        wanted: dict[str, bytes] = {}
        for entry in filter(None, listing.split(b"\0")):
            info, _, path = entry.partition(b"\t")
            mode, kind, identity = info.split()
            if kind == b"blob" and mode != b"120000":
                wanted[os.fsdecode(path)] = identity
        return dict(zip(wanted, self._blobs(wanted.values()), strict=True))

    def _blobs(self, identities: Iterable[bytes]) -> Iterator[bytes]:
        """Contents by their object names, in one process (git-cat-file, BATCH OUTPUT)."""
        answer = self.read("cat-file", "--batch", given=b"".join(name + b"\n" for name in identities))
        position = 0
        while position < len(answer):
            end = answer.index(b"\n", position)
            size = int(answer[position:end].rpartition(b" ")[2])
            yield answer[end + 1 : end + 1 + size]
            position = end + size + 2

    # what is done

    def commit(self, subject: str, paths: Iterable[str], body: str = "") -> str:
        """Commit exactly these paths and return the commit.

        Whatever else is staged or changed stays as it is.
        """
        listed = list(paths)
        self.run("add", "--", *listed)
        message = f"{subject}\n\n{body}" if body else subject
        self.run("commit", "--quiet", "--no-verify", "--message", message, "--only", "--", *listed)
        return self.head()

    def tag(self, name: str, message: str) -> None:
        """Put an annotated tag on HEAD; signed where git is configured to sign tags.

        Raises:
            Refused: the tag exists.
        """
        if self.holds("rev-parse", "--verify", "--quiet", f"refs/tags/{name}"):
            raise Refused(
                f"the tag {name} exists", "a released version is never tagged again; take the next one"
            )
        # The default clean-up would take a Markdown heading for a comment and drop it.
        self.run("tag", "--annotate", "--cleanup=whitespace", "--message", message, name)

    def go_back(self, commit: str) -> None:
        """Take the branch back to a commit and the files with it; what was changed since then stays.

        Raises:
            CannotDo: a changed file stands in the way; nothing was done.
        """
        self.run("reset", "--quiet", "--keep", commit)

    def keep_only_tag(self, name: str) -> None:
        """Delete every tag but one, in a clone where another tag could name the version."""
        others = [tag for tag in self.run("tag", "--list").split() if tag != name]
        if others:
            self.run("tag", "--delete", "--", *others)

    def push(self, branch: str, tag: str, remote: str = "origin") -> None:
        """Push HEAD to a branch and a tag with it: both arrive or neither does.

        Raises:
            CannotDo: the remote refused or is out of reach; the error holds git's own words.
        """
        self.run(
            "push",
            "--quiet",
            "--atomic",
            remote,
            f"HEAD:refs/heads/{branch}",
            f"refs/tags/{tag}:refs/tags/{tag}",
        )


def clone(
    source: Path | str, destination: Path, ref: str | None = None, *, newest: bool = False
) -> Repository:
    """Clone in full, tags included, and check out `ref`; no link or hard link to the source is kept.

    Args:
        source: a folder or a URL.
        destination: does not exist yet.
        ref: a branch or tag; the default branch if None.
        newest: fetch no history and no tags, and check nothing out: enough to read the newest commit.

    Raises:
        CannotDo: git failed.
    """
    where = os.fspath(source)
    wanted = ["--branch", ref] if ref else []
    if newest:
        wanted += ["--depth=1", "--single-branch", "--no-tags", "--no-checkout"]
    done = _git(
        destination.parent,
        ["clone", "--quiet", "--no-hardlinks", *wanted, "--", where, os.fspath(destination)],
    )
    if done.returncode:
        raise CannotDo(f"cannot clone {where}: {os.fsdecode(done.stderr).strip()}")
    return Repository(destination)
