"""The world: a contract's parts generated and written, those of a large one each by a process of its own.

One process makes one part after the other and holds them all. With two processors the other way takes little
more than half of the time, and no process holds more than one part. Nothing is written before all are made.
"""

import json
import os
import signal
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.errors import CannotDo, CrucibleError
from crucible_pipeline.generate.generate import PARTS, Content, Part
from crucible_pipeline.generate.write import differing, left, put, remove, stale, write

# A contract of fewer types is generated before a second process has begun.
FEW_TYPES = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Args:
        changed: files that were written or removed, or that would be.
        count: of all generated files.
    """

    changed: list[Path]
    count: int


def carry_out(contract: Contract, targets: Mapping[str, Path], *, check: bool) -> Outcome:
    """Generate what has a target, and write it.

    Args:
        contract: what is generated.
        targets: target → folder.
        check: write nothing, only tell what is stale.

    Raises:
        InvalidInput: everything that cannot be expressed faithfully.
        CannotDo: a file cannot be read, written or removed.
    """
    parts = [part for target in PARTS if target in targets for part in PARTS[target]]
    if len(contract.types) > FEW_TYPES and len(parts) > 1 and hasattr(os, "fork"):
        found = _together(contract, parts, targets, check=check)
        if found is not None:
            return found
    files: dict[str, Content] = {}
    for part in parts:
        files |= part(contract)
    return Outcome(stale(files, targets) if check else write(files, targets), len(files))


def _together(
    contract: Contract, parts: list[Part], targets: Mapping[str, Path], *, check: bool
) -> Outcome | None:
    """Each part but the first in a child; None if one of them fails, so that its error is raised here."""
    with ExitStack() as ends:
        children = [_Child.begin(part, contract, targets, check=check) for part in parts[1:]]
        for child in children:
            ends.callback(child.end)
        files = parts[0](contract)
        names = [*files]
        for child in children:
            told = child.hear()
            if told is None:
                return None
            names += told
        gone = left(names, targets)
        for child in children:
            child.go_on()
        changed = differing(files, targets) if check else put(files, targets)
        for child in children:
            changed += map(Path, child.written())
        if not check:
            remove(gone, targets)
        return Outcome(sorted([*changed, *gone]), len(names))


@dataclass(slots=True)
class _Child:
    """A process that makes one part, tells the names of its files, and writes them when it is told to."""

    process: int
    said: IO[str]
    heard: IO[str]
    failed: str = ""

    @classmethod
    def begin(cls, part: Part, contract: Contract, targets: Mapping[str, Path], *, check: bool) -> "_Child":
        (read, tell), (listen, order) = os.pipe(), os.pipe()
        process = os.fork()
        if process == 0:
            try:
                os.close(read)
                os.close(order)
                with os.fdopen(tell, "w") as said, os.fdopen(listen) as heard:
                    _work(part(contract), targets, said, heard, check=check)
            finally:
                os._exit(0)  # nothing of the parent's is to be done twice, not even the end
        os.close(tell)
        os.close(listen)
        return cls(process, os.fdopen(read), os.fdopen(order, "w"))

    def hear(self) -> list[str] | None:
        """What it says next; None if it has ended."""
        line = self.said.readline()
        found: dict[str, Any] = json.loads(line) if line else {}
        self.failed = found.get("failed", "")
        return found.get("names")

    def go_on(self) -> None:
        with suppress(BrokenPipeError):
            self.heard.write("go on\n")
            self.heard.flush()

    def written(self) -> list[str]:
        """The files that it wrote, or would have.

        Raises:
            CannotDo: it could not.
        """
        told = self.hear()
        if told is None:
            raise CannotDo(self.failed or "a process that writes generated files was ended", "try again")
        return told

    def end(self) -> None:
        self.said.close()
        with suppress(BrokenPipeError):
            self.heard.close()
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def _work(
    files: dict[str, Content], targets: Mapping[str, Path], said: IO[str], heard: IO[str], *, check: bool
) -> None:
    """The child's side."""
    _say(said, names=list(files))
    if not heard.readline():
        return
    try:
        changed = differing(files, targets) if check else put(files, targets)
    except CrucibleError as error:
        _say(said, failed=error.what)
    else:
        _say(said, names=[str(path) for path in changed])


def _say(said: IO[str], **told: object) -> None:
    said.write(json.dumps(told) + "\n")
    said.flush()
