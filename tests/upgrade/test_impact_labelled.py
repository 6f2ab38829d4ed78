"""Impact measured on labelled uses of every kind: how many are found, and whether what is certain is one.

A line that ends in `# use: KIND` uses a name that the new contract does not have as it was; every other line
of `labelled` is innocent, however much it looks alike.
"""

import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.generate.python import code
from crucible_pipeline.upgrade.checker import Checker, find_checker, new_faults
from crucible_pipeline.upgrade.flat import flat
from crucible_pipeline.upgrade.impact import Impact, impact
from crucible_pipeline.upgrade.typed import Types, Versions, with_types
from crucible_pipeline.upgrade.use import Tier
from upgrade.upgrade_services import contract

FOLDER = Path(__file__).parent / "labelled"
SOURCES = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in sorted(FOLDER.rglob("*.py"))}
LABEL = re.compile(r"# use: (?P<kind>[\w -]+)$")
KINDS = {
    *("import with an alias", "attribute", "enum member by name", "enum member by value", "constructor"),
    *("keyword argument", "attribute read", "dict literal", "match pattern", "star import", "re-export"),
    *("string literal", "getattr", "patch string"),
}
LABELS = {
    (path, number): match["kind"]
    for path, content in SOURCES.items()
    for number, line in enumerate(content.decode().splitlines(), 1)
    if (match := LABEL.search(line))
}
OLD, NEW = contract("old"), contract("new")
CHANGES = diff(OLD, NEW)
Places = set[tuple[str, int]]


def package(said: Contract) -> Mapping[str, bytes]:
    return {path: text.encode() for path, text in code(said).items()}


def packages() -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    return package(OLD), package(NEW)


def places(found: Impact, *tiers: Tier) -> Places:
    return {(hit.file, hit.line) for hit in found.hits if hit.tier in tiers or not tiers}


def by_syntax() -> Impact:
    return impact(CHANGES, OLD, NEW, SOURCES)


def checked(checker: Checker | None) -> Impact:
    found = with_types(by_syntax(), SOURCES, Versions(CHANGES, OLD, NEW, packages), Types(checker, None))
    assert found.notes == ()
    return found


@pytest.fixture(scope="module")
def by_types() -> Impact:
    return checked(find_checker())


def test_the_labelled_set_holds_every_kind_and_enough_of_it() -> None:
    counts = Counter(LABELS.values())
    assert counts.keys() == KINDS
    assert len(LABELS) >= 32
    assert {path for path in SOURCES if "innocent" in path} & {path for path, _ in LABELS} == set()


def test_without_a_checker_no_innocent_line_is_found_and_hardly_a_use_missed() -> None:
    found = places(by_syntax())
    assert found - LABELS.keys() == set()
    # what only inference shows: the item of an iterator, a field of the service's own class
    missed = {LABELS[place] for place in LABELS.keys() - found}
    assert missed <= {"attribute read"}
    assert len(found) / len(LABELS) >= 30 / 32


def test_with_a_checker_every_use_is_found_and_no_innocent_line(by_types: Impact) -> None:
    found = places(by_types)
    recall = len(found & LABELS.keys()) / len(LABELS)
    precision = len(found & LABELS.keys()) / len(found)
    assert (recall, precision) == (1, 1), f"{LABELS.keys() - found} {found - LABELS.keys()}"


def test_what_is_certain_is_a_use_and_much_is_certain(by_types: Impact) -> None:
    certain = places(by_types, Tier.CERTAIN)
    assert certain - LABELS.keys() == set()
    assert len(certain) >= 20


def test_each_kind_of_use_is_found_in_the_tier_that_it_can_have(by_types: Impact) -> None:
    tiers = {kind: set[Tier]() for kind in KINDS}
    for hit in by_types.hits:
        tiers[LABELS[hit.file, hit.line]].add(hit.tier)
    assert {kind for kind, found in tiers.items() if Tier.CERTAIN in found} >= {
        *("import with an alias", "attribute", "enum member by name", "constructor", "keyword argument"),
        *("attribute read", "match pattern", "star import", "re-export"),
    }
    assert {kind for kind, found in tiers.items() if found == {Tier.POSSIBLE}} == {
        *("getattr", "patch string", "string literal"),
    }


@pytest.mark.slow
def test_packages_that_are_equal_bring_no_error() -> None:
    checker = find_checker()
    assert checker is not None
    files = flat(SOURCES, "crucible_shared").files
    assert new_faults(checker, files, "crucible_shared", (package(OLD), package(OLD))) == ()


@pytest.mark.slow
def test_pyright_finds_no_certain_use_that_is_none_either() -> None:
    found = checked(Checker("pyright", "", (str(Path(sys.executable).parent / "pyright"),)))
    assert places(found) == LABELS.keys()
    assert places(found, Tier.CERTAIN) - LABELS.keys() == set()
    assert len(places(found, Tier.CERTAIN)) >= 20
