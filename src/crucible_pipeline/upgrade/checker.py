"""The world: a type checker, run over copies of a service's files in a folder of its own.

No code of the service runs: a checker only reads. Neither its configuration nor its plugins count, what is
installed for it is not looked at, and its wishes in comments are gone from the copies (see `flat`).
"""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.upgrade.fault import Fault

# What a generated package imports, as its annotations need it; the rest comes with every checker.
_LIBRARIES = ("pydantic", "pydantic_core", "annotated_types", "typing_inspection")
SECONDS = 180
_MAX_OUTPUT = 32 << 20
# A file over which a checker stumbles is left out, and the others are read again.
_MAX_STUMBLES = 8
_MYPY = (
    *("--no-site-packages", "--check-untyped-defs", "--follow-imports=silent", "--no-error-summary"),
    *("--output=json", "--hide-error-context", "--config-file=mypy.ini", "--cache-dir=cache"),
)


@dataclass(frozen=True, slots=True)
class Checker:
    """A type checker that is installed.

    Args:
        name: of its program.
        version: empty if it is not known.
        command: that starts it.
    """

    name: Literal["mypy", "pyright"]
    version: str
    command: tuple[str, ...]


def find_checker() -> Checker | None:
    """The type checker of this environment, else pyright of the path; None if there is neither."""
    if importlib.util.find_spec("mypy") is not None:
        return Checker("mypy", _version("mypy"), (sys.executable, "-I", "-m", "mypy"))
    found = shutil.which("pyright") or shutil.which("basedpyright")
    return Checker("pyright", _version("pyright"), (found,)) if found is not None else None


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def new_faults(
    checker: Checker,
    files: Mapping[str, bytes],
    package: str,
    versions: tuple[Mapping[str, bytes], Mapping[str, bytes]],
) -> tuple[Fault, ...]:
    """The errors that a checker reports with the new version of a package and not with the old one.

    Args:
        checker: to run.
        files: name → content; all in one folder, so that they import each other by name.
        package: name under which the generated package is imported.
        versions: the files of the old and of the new package: path below it → content.

    Raises:
        CannotDo: the checker does not come to an end, or fails as a whole.
    """
    with TemporaryDirectory(prefix="crucible-types-") as folder:
        root = Path(folder)
        _lay_out(root, files, package, versions)
        before = set(_faults(checker, root, "old", files))
        after = set(_faults(checker, root, "new", files))
    wrong = {(fault.file, fault.line) for fault in before}
    return tuple(
        replace(fault, is_first=(fault.file, fault.line) not in wrong) for fault in sorted(after - before)
    )


def _lay_out(
    root: Path,
    files: Mapping[str, bytes],
    package: str,
    versions: tuple[Mapping[str, bytes], Mapping[str, bytes]],
) -> None:
    for place in ("service", "libraries", "nothing"):
        (root / place).mkdir()
    for name, content in files.items():
        (root / "service" / name).write_bytes(content)
    for side, held in zip(("old", "new"), versions, strict=True):
        for path, content in held.items():
            target = root / side / package / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    for library in _LIBRARIES:
        found = importlib.util.find_spec(library)
        for place in found.submodule_search_locations or () if found is not None else ():
            (root / "libraries" / library).symlink_to(place)
    (root / "mypy.ini").write_text("[mypy]\n")


def _faults(checker: Checker, root: Path, side: str, files: Mapping[str, bytes]) -> Iterator[Fault]:
    if checker.name == "pyright":
        yield from _pyright(checker, root, side)
        return
    left = sorted(files)
    for _ in range(_MAX_STUMBLES):
        if not left:
            return
        code, said = _mypy(checker, root, side, left)
        found = list(said)
        # 1: there are errors
        if code == 0 or (code == 1 and found):
            yield from found
            return
        stumbled = {fault.file for fault in found} & set(left)
        if not stumbled:
            break
        left = [name for name in left if name not in stumbled]
    raise CannotDo("mypy could not read the service")


def _mypy(checker: Checker, root: Path, side: str, names: Sequence[str]) -> tuple[int, Iterator[Fault]]:
    path = os.pathsep.join(str(root / place) for place in (side, "service", "libraries"))
    command = [*checker.command, *_MYPY, *(f"service/{name}" for name in names)]
    code, output = _run(command, root, {"MYPYPATH": path})
    return code, _read_mypy(output)


def _read_mypy(output: str) -> Iterator[Fault]:
    for line in output.splitlines():
        try:
            said = cast("dict[str, Any]", json.loads(line))
            if said["severity"] == "error":
                file, message = str(said["file"]).removeprefix("service/"), str(said["message"])
                first, last = max(1, int(said["line"])), int(said["end_line"])
                yield Fault(file, first, max(first, last), str(said["code"]), _bare(message))
        except (ValueError, TypeError, KeyError):
            continue


def _pyright(checker: Checker, root: Path, side: str) -> Iterator[Fault]:
    settings = {"include": ["service"], "extraPaths": [side, "libraries"], "typeCheckingMode": "basic"}
    (root / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [*checker.command, "--outputjson", "--project", str(root / "pyrightconfig.json")]
    # it starts a Python to ask for its folders: where it stands there is nothing to import
    code, output = _run(command, root / "nothing", {})
    try:
        for said in json.loads(output)["generalDiagnostics"]:
            if said["severity"] == "error":
                file, place = Path(said["file"]).name, said["range"]
                first, last = int(place["start"]["line"]) + 1, int(place["end"]["line"]) + 1
                yield Fault(file, first, last, str(said.get("rule", "")), _bare(str(said["message"])))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise CannotDo(f"{checker.name} ended with code {code} and said nothing that can be read") from None


def _bare(message: str) -> str:
    """A message without the advice that follows it, which differs where the error is the same."""
    return re.split(r"; maybe | Did you mean |\n", message)[0]


def _run(command: Sequence[str], folder: Path, more: Mapping[str, str]) -> tuple[int, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    with (folder / "said").open("w+b") as said:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**kept, **more},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise CannotDo(f"the type checker cannot be started: {error.strerror}") from None
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise CannotDo(f"the type checker took more than {SECONDS} seconds") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        said.seek(0)
        return code, said.read(_MAX_OUTPUT).decode("utf-8", "replace")
