"""Ranges of npm mean what npm's own library reads in them, and a moved one admits the release."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.upgrade.dialect import Dialect, meaning
from crucible_pipeline.upgrade.pin_files import find_pins
from crucible_pipeline.upgrade.specifier import admits, moved

VERSIONS = [f"{major}.{minor}.{patch}" for major in range(3) for minor in range(6) for patch in (0, 1, 9)]
NUMBERS = [*VERSIONS[::5], "0.3", "0.4", "1.2", "1", "0.3.x", "v0.4.1"]
RANGES = [
    *(f"{operator}{number}" for operator in ("", "=", "^", "~", "<", ">=", "<=") for number in NUMBERS),
    *(f"{low} - {high}" for low in NUMBERS[:-2] for high in NUMBERS[1:-2]),
]
ANSWERS = """\
const semver = require(process.argv[1]);
const [ranges, versions] = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(ranges.map((r) => versions.filter((v) => semver.satisfies(v, r)))));
"""


def test_a_range_admits_what_npm_says_it_admits() -> None:
    npm = shutil.which("npm")
    library = Path(os.path.realpath(npm or "")).parents[1] / "node_modules" / "semver"
    if not library.is_dir():
        pytest.skip("npm is not installed with its library")
    both = [f"{one} || {other}" for one, other in zip(RANGES[::7], RANGES[3::7], strict=False)]
    ranges = [*RANGES, *both]
    done = subprocess.run(
        ["node", "-e", ANSWERS, str(library)],
        input=json.dumps([ranges, VERSIONS]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    wrong: dict[str, list[str]] = {}
    for said, theirs in zip(ranges, json.loads(done.stdout), strict=True):
        found = meaning(said, Dialect.NPM)
        ours = [one for one in VERSIONS if found is not None and found.contains(Version(one))]
        if ours != theirs:
            wrong[said] = sorted({*ours} ^ {*theirs})
    assert wrong == {}


@given(st.lists(st.sampled_from(RANGES), min_size=1, max_size=3), st.sampled_from(VERSIONS))
def test_a_moved_range_admits_the_release_and_has_moved_once_and_for_all(some: list[str], to: str) -> None:
    text = json.dumps({"dependencies": {"@crucible/shared": " || ".join(some)}})
    (pin,) = find_pins("package.json", text, "crucible-shared")
    target = Version(to)
    after = moved(pin, target)
    if after is None or admits(pin.meaning, target):
        return
    (again,) = find_pins(
        "package.json", json.dumps({"dependencies": {"@crucible/shared": after}}), "crucible-shared"
    )
    assert admits(again.meaning, target)
    assert [clause.operator for clause in again.clauses] == [clause.operator for clause in pin.clauses]
    assert after.count("||") == len(some) - 1
