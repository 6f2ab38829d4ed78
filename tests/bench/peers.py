"""The other tools and the real description, installed under .crucible/bench from locks with hashes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Package
from crucible_pipeline.errors import InvalidInput, Problem

LOCKS = Path(__file__).parent / "lock"
ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".crucible" / "bench"
DATAMODEL = PLACE / "venv" / "bin" / "datamodel-codegen"
TYPESCRIPT = PLACE / "node_modules" / ".bin" / "openapi-typescript"
SCHEMA_DIFF = PLACE / "node_modules" / "json-schema-diff"
DESCRIPTION = PLACE / "node_modules" / "@octokit" / "openapi" / "generated" / "api.github.com.json"


def install() -> None:
    """Install what the locks name, once for each state of the locks."""
    PLACE.mkdir(parents=True, exist_ok=True)
    locks = "".join((LOCKS / name).read_text() for name in ("peers.txt", "package-lock.json"))
    stamp = PLACE / "installed"
    there = all(path.exists() for path in (DATAMODEL, TYPESCRIPT, DESCRIPTION, SCHEMA_DIFF))
    if there and stamp.is_file() and stamp.read_text() == locks:
        return
    python = PLACE / "venv" / "bin" / "python"
    _run(sys.executable, "-m", "venv", "--clear", str(PLACE / "venv"))
    _run(str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCKS / "peers.txt"))
    for name in ("package.json", "package-lock.json"):
        (PLACE / name).write_text((LOCKS / name).read_text())
    _run("npm", "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts")
    stamp.write_text(locks)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, cwd=PLACE)


def prepared(place: Path) -> list[str]:
    """`description` and its copies below a folder, made by a process of their own.

    What a process once needed counts as the memory of every child too (getrusage(2)), so the measuring one
    stays small.

    Returns:
        What was left out, in words.
    """
    command = [sys.executable, "-m", "bench.peers", str(place)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def description(folder: Path) -> tuple[Path, list[Problem]]:
    """GitHub's OpenAPI description as a folder of contracts.

    Returns:
        The file, and what the loader refuses in it. Only a default that its own schema rejects is left out,
        with the words that name it; anything else is an error of the bench.
    """
    text = DESCRIPTION.read_text(encoding="utf-8")
    refused: list[Problem] = []
    package = Package("github", "github", "github")
    try:
        load({"github.json": text}, package)
    except InvalidInput as error:
        refused = list(error.problems)
        lines = text.split("\n")
        for problem in refused:
            line = lines[problem.mark.line - 1]
            if problem.rule != "default-invalid" or '"default": ' not in line:
                raise
            lines[problem.mark.line - 1] = line.replace('"default": ', '"x-default": ')
        text = "\n".join(lines)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "github.json").write_text(text, encoding="utf-8")
    return folder / "github.json", refused


def copies(source: Path, folder: Path, count: int) -> None:
    """The same schemas so many times, each time under other names, one file for each."""
    schemas = json.loads(source.read_text(encoding="utf-8"))["components"]["schemas"]
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        renamed = {f"part{number}-{name}": _renamed(schema, number) for name, schema in schemas.items()}
        document = {"openapi": "3.0.3", "components": {"schemas": renamed}}
        (folder / f"part{number}.json").write_text(json.dumps(document), encoding="utf-8")


def _renamed(value: Any, number: int) -> Any:
    if isinstance(value, list):
        return [_renamed(item, number) for item in value]
    if not isinstance(value, dict):
        return value
    ref = value.get("$ref")
    if isinstance(ref, str):
        return {**value, "$ref": ref.replace("/schemas/", f"/schemas/part{number}-")}
    return {key: _renamed(item, number) for key, item in value.items()}


if __name__ == "__main__":
    target = Path(sys.argv[1])
    found, left_out = description(target / "contracts")
    for times in (1, 10):
        copies(found, target / f"copies{times}", times)
    sys.stdout.write("".join(f"{problem}\n" for problem in left_out))
