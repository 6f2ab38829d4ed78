"""Impact: labelled uses that are found, and the cost of a service of 500 files, beside a type checker."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.table import Row
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.generate.python import code
from crucible_pipeline.upgrade.checker import find_checker, new_faults
from crucible_pipeline.upgrade.flat import flat
from crucible_pipeline.upgrade.impact import Impact, impact
from crucible_pipeline.upgrade.typed import Types, Versions, with_types
from crucible_pipeline.upgrade.use import Tier
from upgrade.upgrade_services import contract

FOLDER = Path(__file__).parents[1] / "upgrade" / "labelled"
FILES = 500
SECONDS = 2.0
SHARE = 30 / 32
PACKAGE = "crucible_shared"
# What somebody looks for who knows the changes and has a text search.
NAMES = re.compile(
    rb"\b(QUEUED|queued|CreateResponse|MAX_MEMORY_MB|DEFAULT_MEMORY_MB|timeout|exit_code|priority|evaluation:queued)\b"
)
Places = set[tuple[str, int]]


def rows() -> Iterator[Row]:
    """The figures of this part.

    Raises:
        RuntimeError: no type checker is installed.
    """
    checker = find_checker()
    if checker is None:
        raise RuntimeError("install mypy")
    old, new = contract("old"), contract("new")
    changes = diff(old, new)
    sides = tuple({path: text.encode() for path, text in code(one).items()} for one in (old, new))
    packages = (sides[0], sides[1])

    def searched(sources: Mapping[str, bytes]) -> Impact:
        return impact(changes, old, new, sources)

    def checked(sources: Mapping[str, bytes]) -> Places:
        files = flat(sources, PACKAGE)
        faults = new_faults(checker, files.files, PACKAGE, packages)
        return {(files.paths[fault.file], fault.line) for fault in faults}

    sources = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in sorted(FOLDER.rglob("*.py"))
    }
    versions = Versions(changes, old, new, lambda: packages)
    whole = with_types(searched(sources), sources, versions, Types(checker, None))
    yield from _found(sources, whole, {checker.name: checked(sources), "text search": _by_text(sources)})
    yield _cost(_large(sources), searched, (checker.name, checked))


def _found(sources: Mapping[str, bytes], whole: Impact, others: Mapping[str, Places]) -> Iterator[Row]:
    uses = {
        (path, number)
        for path, content in sources.items()
        for number, line in enumerate(content.splitlines(), 1)
        if b"# use: " in line
    }
    ours = {(hit.file, hit.line) for hit in whole.hits}
    certain = {(hit.file, hit.line) for hit in whole.hits if hit.tier is Tier.CERTAIN}
    for name, theirs in others.items():
        yield Row(
            f"labelled uses found, of {len(uses)}",
            f"{len(ours & uses)}, false {len(ours - uses)}",
            f"{len(theirs & uses)}, false {len(theirs - uses)} ({name} alone)",
            f"{len(ours & uses) / len(uses):.3f}",
            f"≥ {SHARE:.3f}",
            len(ours & uses) / len(uses) >= SHARE,
        )
    yield Row(
        "lines that are called certain",
        f"{len(certain)}, false {len(certain - uses)}",
        f"{len(uses)} uses",
        f"{len(certain - uses)} false",
        "0 false",
        certain <= uses,
    )


def _by_text(sources: Mapping[str, bytes]) -> Places:
    return {
        (path, number)
        for path, content in sources.items()
        if PACKAGE.encode() in content
        for number, line in enumerate(content.splitlines(), 1)
        if NAMES.search(line.partition(b"# use: ")[0])
    }


def _large(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """A service of 500 files; every second one uses the package in many ways, and each has much besides."""
    body = "".join(f"\n\ndef f{i}(a: int, b: str) -> str:\n    return b * a + str(a)\n" for i in range(25))
    texts = [content for path, content in sources.items() if "/" in path and PACKAGE.encode() in content]
    uses = {f"part{n}/file.py": texts[n // 2 % len(texts)] + body.encode() for n in range(0, FILES, 2)}
    return uses | {f"part{n}/file.py": body.encode() * 2 for n in range(1, FILES, 2)}


def _cost(
    sources: Mapping[str, bytes],
    searched: Callable[[Mapping[str, bytes]], object],
    other: tuple[str, Callable[[Mapping[str, bytes]], object]],
) -> Row:
    ours, theirs = _cpu(lambda: searched(sources)), _cpu(lambda: other[1](sources))
    size = sum(map(len, sources.values())) / 1_000_000
    sys.stderr.write(f"{len(sources)} files, {size:.1f} MB\n")
    return Row(
        f"a service of {FILES} files, half of which use the package: processor time",
        f"{ours:.2f} s (the syntax tiers)",
        f"{theirs:.2f} s ({other[0]} alone, both versions)",
        f"{ours / theirs:.2f}",
        f"≤ {SECONDS:.0f} s",
        ours <= SECONDS,
    )


def _cpu(act: Callable[[], object]) -> float:
    def used() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

    began, start = used(), time.perf_counter()
    act()
    sys.stderr.write(f"{time.perf_counter() - start:.2f} s on the clock\n")
    return used() - began
