"""The cases of the JSON Schema Test Suite, draft 2020-12, and one contract that holds their schemas.

They come out of the source distribution of `jsonschema`, fetched once by pip and checked by its hash.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import MANY, NAMED, ONE, Contract, Package, Schema, TypeDef
from crucible_pipeline.errors import InvalidInput

ROOT = Path(__file__).parents[2]
WANTED = Path(__file__).parent / "official" / "requirements.txt"
PACKAGE = Package("official-cases", "official_cases", "official-cases")
# Remote references and vocabularies are outside; a format is an annotation in `format.json`, and asserted in
# the cases of `optional/format`, which is what a contract means by it.
LEFT_OUT = {"refRemote.json", "vocabulary.json", "format.json"}


@dataclass(frozen=True, slots=True)
class Case:
    """One payload with the suite's own judgement."""

    description: str
    payload: Any
    valid: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A schema with its cases.

    Args:
        name: of the generated type.
        file: of the suite, below `draft2020-12`.
    """

    name: str
    file: str
    description: str
    schema: Any
    cases: tuple[Case, ...]


def archive() -> Path:
    """The pinned source distribution; fetched once for all test processes."""
    pinned = re.search(r"sha256:([0-9a-f]{64})", WANTED.read_text())
    assert pinned
    folder = ROOT / ".crucible" / "official"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{pinned[1]}.tar.gz"
    with FileLock(folder / "lock"):
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=folder) as fresh:
                argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
                done = subprocess.run(
                    [*argv, "--dest", fresh, "--requirement", str(WANTED)],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode:
                    pytest.fail(f"pip could not fetch the official cases: {done.stderr}")
                shutil.move(next(Path(fresh).glob("*.tar.gz")), kept)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == pinned[1]
    return kept


def groups() -> list[Group]:
    """Every group of the mandatory files and of `optional/format`, in the order of the archive's names."""
    found: dict[str, Any] = {}
    with tarfile.open(archive()) as tar:
        for member in tar:
            match = re.search(r"/json/tests/draft2020-12/((?:optional/format/)?[^/]+\.json)$", member.name)
            if match and match[1] not in LEFT_OUT:
                content = tar.extractfile(member)
                assert content
                found[match[1]] = json.load(content)
    flat = [(file, group) for file in sorted(found) for group in found[file]]
    return [
        Group(
            f"G{number}",
            file,
            group["description"],
            group["schema"],
            tuple(Case(case["description"], case["data"], case["valid"]) for case in group["tests"]),
        )
        for number, (file, group) in enumerate(flat)
    ]


def loaded(group: Group) -> Contract:
    """The contract of one group's schema, a plain file of JSON Schema; its marks name the group."""
    return load({"case.json": json.dumps(group.schema)}, PACKAGE, group.name)


def together(contracts: dict[str, Contract]) -> Contract:
    """One contract with the types of many, each under the name of its group: one package to generate."""
    types = {
        name: TypeDef(name, group.lower(), _renamed(definition.schema, group), definition.mark)
        for group, contract in contracts.items()
        for name, definition in ((_name(group, old), found) for old, found in contract.types.items())
    }
    return Contract(PACKAGE, types)


def _name(group: str, name: str) -> str:
    return group if name == "Case" else f"{group}{name}"


def _renamed(schema: Schema, group: str) -> Schema:
    changes: dict[str, Any] = {} if schema.ref is None else {"ref": _name(group, schema.ref)}
    for field in ONE:
        if getattr(schema, field) is not None:
            changes[field] = _renamed(getattr(schema, field), group)
    for field in MANY:
        changes[field] = tuple(_renamed(inner, group) for inner in getattr(schema, field))
    for field in NAMED:
        changes[field] = {key: _renamed(inner, group) for key, inner in getattr(schema, field).items()}
    return replace(schema, **changes)


def refused_by(error: InvalidInput) -> Iterator[tuple[str, str]]:
    """Group and reason of each problem."""
    for problem in error.problems:
        yield problem.mark.file.partition("/")[0], problem.what
