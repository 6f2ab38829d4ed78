"""Prints the changes of a few pairs; run as a program, to compare what two interpreters say."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from compat.pairs_of import one_side
from crucible_pipeline.compat.diff import diff

for pair in ("payload-changed", "message-added", "package-renamed", "property-renamed", "enum-introduced"):
    for change in diff(one_side(pair, "old"), one_side(pair, "new")):
        sys.stdout.write(f"{change!r}\n")
