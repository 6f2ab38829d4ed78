"""Git's plumbing: read many blobs in one process, and build a commit without a work tree or the user's index.

As in `git.py`, no hook, prompt or file-system monitor of a repository runs; nor does any filter or diff
program, for only objects are read and written.
"""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.git import Repository

# The author of a commit on a machine where git knows nobody, such as a fresh CI runner.
NOBODY = ("crucible", "crucible@localhost")
MAX_FILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit.

    Args:
        mode: as git writes it: 100644, 100755, 120000 for a symbolic link.
        identity: of its blob.
        size: in bytes.
    """

    mode: str
    identity: str
    size: int

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode.startswith("100")


# Set while a hook runs; each would lead git to another repository or index.
_MISLEADING = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"}
    | {"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE"}
)


def _run(
    root: Path, arguments: Sequence[str], given: bytes, more: Mapping[str, str], fine: Sequence[int] = (0,)
) -> bytes:
    inherited = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    done = subprocess.run(
        ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", *arguments],
        cwd=root,
        env={**inherited, "LC_ALL": "C", **more},
        input=given,
        capture_output=True,
        check=False,
    )
    if done.returncode not in fine:
        raise CannotDo(f"git {arguments[0]} failed in {root}: {os.fsdecode(done.stderr).strip()}")
    return done.stdout


def files_of(repository: Repository, commit: str) -> dict[str, Entry]:
    """The files and symbolic links of a commit: path from the root → entry. Submodules are left out."""
    found: dict[str, Entry] = {}
    listing = repository.read("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
    for record in filter(None, listing.split(b"\0")):
        info, _, path = record.partition(b"\t")
        mode, kind, identity, size = info.decode("ascii").split()
        if kind == "blob":
            found[os.fsdecode(path)] = Entry(mode, identity, int(size))
    return found


def contents_of(repository: Repository, entries: Iterable[Entry]) -> dict[str, bytes]:
    """The contents of blobs: identity → bytes; one git process for all of them."""
    identities = sorted({entry.identity for entry in entries})
    if not identities:
        return {}
    asked = "\n".join(identities).encode("ascii") + b"\n"
    answer = _run(repository.root, ["cat-file", "--batch"], asked, {})
    found: dict[str, bytes] = {}
    position = 0
    for identity in identities:
        end = answer.index(b"\n", position)
        header = answer[position:end].split()
        if header[1:2] != [b"blob"]:
            raise CannotDo(f"the repository {repository.root} lacks the object {identity}", "run git fsck")
        size = int(header[2])
        found[identity] = answer[end + 1 : end + 1 + size]
        position = end + 1 + size + 1
    return found


def blob_at(repository: Repository, commit: str, path: str) -> bytes | None:
    """The content of a file, or of a symbolic link, of a commit; None where the commit has none there."""
    name = f"{commit}:{path}"
    try:
        return repository.read("cat-file", "blob", name)
    except CannotDo:
        # that it is not there is an answer; that it cannot be read is none
        if repository.holds("cat-file", "-e", name):
            raise
        return None


def paths_between(repository: Repository, old: str, new: str) -> list[str]:
    """The paths of files in which two commits differ."""
    listed = repository.read(
        "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", old, new
    )
    return [os.fsdecode(path) for path in listed.split(b"\0") if path]


def files_with(
    repository: Repository, commit: str, strings: Sequence[str], below: str, pattern: str
) -> list[str]:
    """The files of a commit that hold one of some strings.

    Args:
        repository: where.
        commit: in which.
        strings: searched as they are; at least one.
        below: a folder, empty for all.
        pattern: of the file's name, such as `*.py`.
    """
    wanted = [part for string in strings for part in ("-e", string)]
    base = f"{below}/" if below else ""
    arguments = ["-l", "-z", "-F", "--full-name", "--no-recurse-submodules", *wanted, commit]
    where = ["--", f":(top,glob){_literal(base)}**/{pattern}"]
    return _grepped(repository, commit, [*arguments, *where])


def files_naming(
    repository: Repository, commit: str, expression: str, below: str, patterns: Sequence[str]
) -> list[str]:
    """The files of a commit that hold what an extended regular expression finds, letters of any case.

    Args:
        repository: where.
        commit: in which.
        expression: as POSIX has it.
        below: a folder, empty for all.
        patterns: of the files' names, such as `*.py`; case does not count.
    """
    base = f"{below}/" if below else ""
    arguments = ["-l", "-z", "-a", "-i", "-E", "--full-name", "--no-recurse-submodules", "-e", expression]
    where = [f":(top,glob,icase){_literal(base)}**/{pattern}" for pattern in patterns]
    return _grepped(repository, commit, [*arguments, commit, "--", *where])


def _grepped(repository: Repository, commit: str, arguments: Sequence[str]) -> list[str]:
    """The files that grep names; that it finds none is an answer, not a failure."""
    found = _run(repository.root, ["grep", *arguments], b"", {}, fine=(0, 1))
    return sorted(os.fsdecode(name).removeprefix(f"{commit}:") for name in found.split(b"\0") if name)


def _literal(path: str) -> str:
    return "".join(f"\\{one}" if one in "*?[]\\" else one for one in path)


def tree_with(repository: Repository, commit: str, changed: Mapping[str, tuple[str, bytes]]) -> str:
    """The tree of a commit with some files changed; objects are written, nothing else.

    Args:
        repository: where.
        commit: the parent.
        changed: path → mode and new content.
    """
    with TemporaryDirectory(prefix="crucible-") as folder:
        # an index of its own: the user's staged changes neither get in nor get lost
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        _run(repository.root, ["read-tree", commit], b"", index)
        for path, (mode, content) in changed.items():
            blob = _run(repository.root, ["hash-object", "-w", "--no-filters", "--stdin"], content, {})
            record = f"{mode} {blob.decode('ascii').strip()}\t".encode("ascii") + os.fsencode(path) + b"\0"
            _run(repository.root, ["update-index", "-z", "--index-info"], record, index)
        return _run(repository.root, ["write-tree"], b"", index).decode("ascii").strip()


def commit_of(repository: Repository, tree: str, parent: str, message: str) -> str:
    """Write a commit object; no branch moves."""
    made = _run(
        repository.root,
        ["commit-tree", tree, "-p", parent, "-F", "-"],
        message.encode("utf-8", "replace"),
        _author(repository),
    )
    return made.decode("ascii").strip()


def _author(repository: Repository) -> dict[str, str]:
    name, email = NOBODY
    known = repository.holds("config", "user.email") or bool(os.environ.get("GIT_AUTHOR_EMAIL"))
    if known:
        return {}
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }
