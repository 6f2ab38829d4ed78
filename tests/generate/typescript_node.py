"""The real node and the real TypeScript compiler, for the tests of the generated npm package."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from node_programs import installed, program

TOOLS = Path(__file__).parent / "node"
COMPILER = (
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--target",
    "es2022",
    "--module",
    "nodenext",
)

# Line by line, {"name": an export, "arguments": [...]} → {"value": what it returned} or {"error": text}.
SERVER = """
import { createInterface } from "node:readline";
const library = await import(process.argv[1]);
for await (const line of createInterface({ input: process.stdin })) {
  const { name, arguments: given } = JSON.parse(line);
  const path = name.split(".");
  const owner = path.slice(0, -1).reduce((found, key) => found[key], library);
  let answer;
  try {
    answer = { value: owner[path.at(-1)](...given) ?? null };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` };
  }
  process.stdout.write(JSON.stringify(answer) + "\\n");
}
"""


def run(*argv: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run node or npm and wait."""
    return subprocess.run(
        [program(argv[0]), *argv[1:]], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )


@cache
def compiler() -> Path:
    """The folder with the pinned compiler's node_modules; installed once for all test processes."""
    return installed(TOOLS).parent


def type_errors(folder: Path, sources: Mapping[str, str], *options: str) -> list[str]:
    """What the compiler says about sources that stand in a folder beside node_modules."""
    for name, text in sources.items():
        (folder / name).write_text(text)
    tsc = str(compiler() / "node_modules" / "typescript" / "bin" / "tsc")
    done = run("node", tsc, *COMPILER, *options, *sources, cwd=folder)
    return [line for line in done.stdout.splitlines() if "error TS" in line]


def install(files: Mapping[str, str], folder: Path, name: str) -> Path:
    """Lay a package under node_modules of a folder, as npm would."""
    package = folder / "node_modules" / name
    package.mkdir(parents=True)
    for path, text in files.items():
        (package / path).write_text(text, encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}')
    return package


class Library:
    """A generated package that runs in one node process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def answer(self, name: str, *arguments: Any) -> dict[str, Any]:
        """What a function of the package returns (`value`) or throws (`error`)."""
        return self.answer_text(name, json.dumps(list(arguments)))

    def call(self, name: str, *arguments: Any) -> Any:
        """What a function of the package returns."""
        answer = self.answer(name, *arguments)
        assert "value" in answer, answer
        return answer["value"]

    def answer_text(self, name: str, arguments: str) -> dict[str, Any]:
        """Likewise, with the arguments as a JSON text of one line."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f'{{"name": {json.dumps(name)}, "arguments": {arguments}}}\n')
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def running(package: Path) -> Iterator[Library]:
    """Start a node process that has imported the package; it ends with the block."""
    argv = [program("node"), "--input-type=module", "--eval", SERVER, str(package / "index.js")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Library(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait(30) == 0
