"""Public pairs of schemas with known verdicts, read out of clones of the repositories that publish them.

Their files are theirs: nothing of them is kept in this repository. A clone of each is looked for in the
folder that CRUCIBLE_CORPORA names, `<owner>+<name>` (any folder that `git --git-dir` takes), and else fetched
into `.crucible/bench/corpora` at the commit below. What is taken are facts: two schemas, and whether the
first one's payloads are all accepted by the second one.
"""

import ast
import contextlib
import copy
import io
import json
import os
import shutil
import subprocess
import sys
import types
import unittest
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PLACE = Path(os.environ.get("CRUCIBLE_CORPORA", ROOT / ".crucible" / "bench" / "corpora"))
PINNED = {
    "confluentinc/schema-registry": "794611bd86d1ce0422581269e2b13a2ab010c7fb",
    "Aiven-Open/karapace": "3bbc1f8d30d7b650f49b75128ba9a46fdab61a67",
    "IBM/jsonsubschema": "de914706be6f6415e0b5ede375eeb8705972c8cc",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One fact: whether a reader of `new` reads all that writers of `old` send."""

    corpus: str
    name: str
    old: Any
    new: Any
    compatible: bool


def repository(name: str) -> Path | None:
    """The git directory of a clone; None if there is none."""
    folder = PLACE / name.replace("/", "+")
    for found in (folder, folder / ".git", folder / "repo", folder / "repo" / ".git"):
        if (found / "HEAD").exists():
            return found
    return None


def obtain(pinned: Mapping[str, str] = PINNED) -> list[str]:
    """Fetch what is not there yet of some repositories, each at its commit.

    Returns:
        The repositories that could not be had.
    """
    missing = [name for name in pinned if repository(name) is None]
    for name in missing:
        folder = PLACE / name.replace("/", "+")
        git = ["git", "--git-dir", str(folder)]
        wanted = ["fetch", "--quiet", "--depth", "1", f"https://github.com/{name}", pinned[name]]
        try:
            subprocess.run([*git, "init", "--quiet", "--bare"], check=True, capture_output=True)
            subprocess.run([*git, *wanted], check=True, capture_output=True, timeout=300)
            subprocess.run([*git, "update-ref", "--no-deref", "HEAD", pinned[name]], check=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            shutil.rmtree(folder, ignore_errors=True)
    return [name for name in missing if repository(name) is None]


def text_of(name: str, path: str) -> str:
    command = ["git", "--git-dir", str(repository(name)), "show", f"HEAD:{path}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def confluent(*, lenient: bool) -> Iterator[Case]:
    """Strict verdicts are those of the payload sets; lenient ones let properties be added to open objects."""
    for stem in ("schema", "combined-schema"):
        for suffix in ("", "-2020-12"):
            path = f"json-schema-provider/src/test/resources/diff-{stem}-examples{suffix}.json"
            # YAML reads their JSON with its trailing commas too.
            for item in yaml.safe_load(text_of("confluentinc/schema-registry", path).replace("\t", " ")):
                verdict = item["compatible"]
                if lenient:
                    verdict = item.get("compatible_lenient", verdict)
                corpus = "confluent-lenient" if lenient else "confluent"
                yield Case(
                    corpus, item["description"], item["original_schema"], item["update_schema"], verdict
                )


def karapace() -> Iterator[Case]:
    """Calls of two functions with named schemas, read without running anything but the schemas' literals."""
    name = "Aiven-Open/karapace"
    known: dict[str, Any] = {}
    for node in ast.parse(text_of(name, "tests/schemas/json_schemas.py")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with contextlib.suppress(ValueError, SyntaxError, KeyError):
                known[node.targets[0].id] = _literal(node.value, known)
    path = "tests/unit/compatibility/jsonschema/test_jsonschema_compatibility.py"
    for function in ast.parse(text_of(name, path)).body:
        if not isinstance(function, ast.FunctionDef) or not function.name.startswith("test"):
            continue
        local = dict(known)
        for inner in ast.walk(function):
            if isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
                with contextlib.suppress(ValueError, SyntaxError, KeyError):
                    local[inner.targets[0].id] = _literal(inner.value, local)
        for call in (inner for inner in ast.walk(function) if isinstance(inner, ast.Call)):
            called = ast.unparse(call.func)
            if called in {"schemas_are_compatible", "not_schemas_are_compatible"}:
                given = {item.arg: item.value for item in call.keywords}
                with contextlib.suppress(ValueError, SyntaxError, KeyError):
                    writer, reader = (_literal(given[side], local) for side in ("writer", "reader"))
                    line = f"{function.name}:{call.lineno}"
                    yield Case("karapace", line, writer, reader, called == "schemas_are_compatible")


def _literal(node: ast.AST, known: dict[str, Any]) -> Any:
    """A literal, a known name, or a parser called with one."""
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.Call):
        value = _literal(node.args[0] if node.args else node.keywords[0].value, known)
        return json.loads(value) if isinstance(value, str) else value
    return ast.literal_eval(node)


def jsonsubschema() -> Iterator[Case]:
    """Their tests, run with a recorder in place of the function that they test."""
    git = repository("IBM/jsonsubschema")
    listed = subprocess.run(
        ["git", "--git-dir", str(git), "ls-tree", "--name-only", "HEAD", "test/"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    for path in listed:
        text = text_of("IBM/jsonsubschema", path)
        if path.endswith(".py") and "isSubschema" in text:
            yield from _recorded(path, text)


class _Asked:
    def __init__(self, old: Any, new: Any) -> None:
        self.pair = copy.deepcopy((old, new))


def _recorded(path: str, text: str) -> Iterator[Case]:
    cases: list[Case] = []

    def heard(verdict: bool) -> Callable[..., None]:  # noqa: FBT001  the verdict is what it is called for
        def keep(test: unittest.TestCase, asked: Any, _message: Any = None) -> None:
            if isinstance(asked, _Asked):
                cases.append(
                    Case("jsonsubschema", f"{path}:{test.id().split('.')[-1]}", *asked.pair, verdict)
                )

        return keep

    class Recording(unittest.TestCase):
        assertTrue = heard(True)  # noqa: N815  unittest's name
        assertFalse = heard(False)  # noqa: N815

        def assertRaises(self, *_: Any, **__: Any) -> Any:  # noqa: N802
            return contextlib.suppress(Exception)

    def ignored(*_: Any, **__: Any) -> None:
        return None

    stub = types.ModuleType("jsonsubschema")
    stub.__dict__.update(
        isSubschema=_Asked, isEquivalent=ignored, set_debug=ignored, set_warn_uninhabited=ignored
    )
    inner = {name: types.ModuleType(f"jsonsubschema.{name}") for name in ("exceptions", "_utils", "api")}
    for module in inner.values():
        module.__getattr__ = lambda name: type(name, (Exception,), {})  # type: ignore[method-assign]
    case = types.ModuleType("unittest")
    case.__dict__.update(unittest.__dict__, TestCase=Recording)
    saved = {name: sys.modules.get(name) for name in ("jsonsubschema", "unittest")}
    stubs = {"jsonsubschema": stub, "unittest": case, **{f"jsonsubschema.{n}": m for n, m in inner.items()}}
    sys.modules.update(stubs)
    try:
        scope: dict[str, Any] = {"__name__": "recorded"}
        with contextlib.suppress(ImportError), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(text, path, "exec"), scope)  # noqa: S102  a clone that the caller chose to have
            for found in [item for item in scope.values() if isinstance(item, type)]:
                if issubclass(found, Recording):
                    unittest.defaultTestLoader.loadTestsFromTestCase(found).run(unittest.TestResult())
    finally:
        for name in stubs:
            sys.modules.pop(name, None)
        sys.modules.update({name: module for name, module in saved.items() if module is not None})
    yield from cases
