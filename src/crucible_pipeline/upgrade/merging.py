"""One file merged from two sides, as git would on a forge, but with no merge program of the repository's.

`git merge-file` reads neither the attributes nor the merge drivers that a repository may name.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

MERGE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge without conflict.

    Args:
        content: None where the file is gone.
    """

    content: bytes | None


def merged(ours: bytes | None, fork: bytes | None, theirs: bytes | None) -> Merged | None:
    """Merge two sides of a file.

    Args:
        ours: one side; None where it has no such file.
        fork: what both sides come from.
        theirs: the other side.

    Returns:
        None where they conflict.
    """
    if theirs in {fork, ours}:
        return Merged(ours)
    if ours == fork:
        return Merged(theirs)
    if ours is None or fork is None or theirs is None:
        return None
    with TemporaryDirectory(prefix="crucible-") as folder:
        sides = {"ours": ours, "fork": fork, "theirs": theirs}
        for name, content in sides.items():
            Path(folder, name).write_bytes(content)
        done = subprocess.run(
            ["git", "merge-file", "-p", "--quiet", *sides],
            cwd=folder,
            capture_output=True,
            check=False,
            timeout=MERGE_SECONDS,
        )
    return Merged(done.stdout) if done.returncode == 0 else None
