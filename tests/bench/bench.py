"""`make bench`: both sides of every figure in one run, with the ratio; `bench.py package` for one part."""

import sys
from collections.abc import Callable, Iterator, Mapping

from bench import (
    archives,
    bench_compat,
    chain,
    fleet,
    generation,
    impact,
    index_figures,
    package,
    pins,
    verification,
)
from bench.table import Row, shown

PARTS: Mapping[str, Callable[[], Iterator[Row]]] = {
    "package": package.rows,
    "archives": archives.rows,
    "generation": generation.rows,
    "chain": chain.rows,
    "verify": verification.rows,
    "compat": bench_compat.rows,
    "index": index_figures.rows,
    "pins": pins.rows,
    "fleet": fleet.rows,
    "impact": impact.rows,
}


def main(wanted: list[str]) -> int:
    """Measure the wanted parts, all if none is named, and print one table."""
    unknown = set(wanted) - PARTS.keys()
    if unknown:
        sys.stderr.write(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}\n")
        return 2
    found: list[Row] = []
    for name in wanted or PARTS:
        for row in PARTS[name]():
            sys.stderr.write(f"{row.what}: {row.ours} beside {row.theirs}: {row.ratio}\n")
            found.append(row)
    sys.stdout.write(shown(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
