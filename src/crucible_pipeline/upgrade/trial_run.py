"""The world: a service's tests in a folder of their own, with an environment that holds no secret.

What is installed and run is the service's code, with the rights of the user who allowed it. It gets no
credential from here: neither the environment nor the home folder of the user, nor the index's token. It ends
with its time, and so does everything that it started in its process group.
"""

import contextlib
import os
import posixpath
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import IO

from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.plumbing import Entry, contents_of
from crucible_pipeline.upgrade.service import Service
from crucible_pipeline.upgrade.trial import Result, Trial, shown

MAX_BYTES = 1 << 30
MAX_OUTPUT = 1 << 16
_GROUP_BYTES = 64 << 20
_KEPT = ("LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_PROJECTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Wheel:
    """The new version, and where the service's other requirements come from.

    Args:
        package: its name.
        version: of it.
        filename: of its wheel.
        content: of its wheel.
        index_url: without credentials.
    """

    package: str
    version: str
    filename: str
    content: bytes
    index_url: str


@dataclass(frozen=True, slots=True)
class Command:
    """What runs, and for how many seconds at most."""

    arguments: tuple[str, ...]
    seconds: int


def try_out(
    service: Service, changed: Mapping[str, bytes], pins: Sequence[str], wheel: Wheel, command: Command
) -> Trial:
    """Run a service's tests on what the upgrade makes of it.

    Args:
        service: as it is committed.
        changed: path from the repository's root → new content.
        pins: paths of the files whose pins moved.
        wheel: that is tried.
        command: of the tests, run in the service's folder.
    """
    said = " ".join(command.arguments)
    with TemporaryDirectory(prefix="crucible-trial-") as name:
        place = Path(os.path.realpath(name))
        try:
            _write(service, changed, place / "checkout")
        except (Refused, OSError) as error:
            return Trial(Result.NOT_RUN, said, f"the branch could not be written: {error}")
        home = place / "checkout" / service.folder
        home.mkdir(parents=True, exist_ok=True)
        environment = _environment(place)
        why = _install(service, pins, wheel, place, command.seconds)
        if why:
            return Trial(Result.NOT_RUN, said, why)
        try:
            code, output = _run(command.arguments, home, environment, command.seconds)
        except OSError as error:
            return Trial(Result.NOT_RUN, said, f"it could not be started: {error.strerror}")
        told = shown(output, str(place))
    if code is None:
        return Trial(Result.FAILED, said, f"it took longer than {command.seconds} seconds", told)
    if code:
        return Trial(Result.FAILED, said, f"its exit code was {code}", told)
    return Trial(Result.PASSED, said)


def _write(service: Service, changed: Mapping[str, bytes], folder: Path) -> None:
    """Write the files without git, whose filters may be programs; links only where they lead inside.

    Raises:
        Refused: the repository is too large, or a path is none that a checkout may have.
    """
    if sum(entry.size for entry in service.files.values()) > MAX_BYTES:
        raise Refused(f"the repository is larger than {MAX_BYTES} bytes")
    links: list[tuple[Path, str]] = []
    for path, entry, content in _contents(service):
        parts = path.split("/")
        if not {"", ".", "..", ".git"}.isdisjoint(parts):
            raise Refused(f"{path!r} is no path of a checkout")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not entry.is_file:
            inside = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(content)))
            if not posixpath.isabs(inside) and inside.split("/")[0] != "..":
                links.append((target, os.fsdecode(content)))
            continue
        target.write_bytes(changed.get(path, content))
        if entry.mode == "100755":
            target.chmod(0o755)
    for target, where in links:
        target.symlink_to(where)


def _contents(service: Service) -> Iterator[tuple[str, Entry, bytes]]:
    group: list[tuple[str, Entry]] = []
    pending = list(service.files.items())
    while pending:
        size = 0
        while pending and (not group or size < _GROUP_BYTES):
            group.append(pending.pop())
            size += group[-1][1].size
        contents = contents_of(service.repository, (entry for _, entry in group))
        for path, entry in group:
            yield path, entry, contents[entry.identity]
        group.clear()


def _environment(place: Path, home: str = "home") -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    # a proxy's address may hold a password
    kept |= {name: os.environ[name] for name in _PROXIES if "@" not in os.environ.get(name, "@")}
    for name in (home, "tmp"):
        (place / name).mkdir(exist_ok=True)
    own = {str(Path(sys.prefix, "bin")), str(Path(sys.executable).parent)}
    around = [one for one in os.environ.get("PATH", os.defpath).split(os.pathsep) if one and one not in own]
    return {
        "LANG": "C.UTF-8",
        **kept,
        "PATH": os.pathsep.join([str(place / "venv" / "bin"), *around]),
        "VIRTUAL_ENV": str(place / "venv"),
        "HOME": str(place / home),
        "TMPDIR": str(place / "tmp"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }


def _install(service: Service, pins: Sequence[str], wheel: Wheel, place: Path, seconds: int) -> str:
    """Make the environment; the reason why it could not be made, or nothing."""
    wheels, environment = place / "wheels", _environment(place, "installing")
    wheels.mkdir()
    # the name comes from the index
    (wheels / Path(wheel.filename).name).write_bytes(wheel.content)
    python = str(place / "venv" / "bin" / "python")
    wanted = _wanted(service, pins) or [f"{wheel.package}=={wheel.version}"]
    make, install = _tools(place, python)
    steps = (
        make,
        [*install, "--quiet", "--find-links", str(wheels), "--index-url", wheel.index_url, *wanted],
        [python, "-I", "-c", _VERSION, wheel.package],
    )
    output = b""
    for step in steps:
        code, output = _run(step, place / "checkout", environment, seconds)
        if code is None:
            return f"its environment was not ready after {seconds} seconds"
        if code:
            last = shown(output, str(place)).splitlines()[-3:]
            return f"its environment could not be made: {' '.join(last) or f'exit code {code}'}"
    found = output.decode("utf-8", "replace").strip()
    return "" if found == wheel.version else f"its requirements install {wheel.package} {found}"


def _tools(place: Path, python: str) -> tuple[list[str], list[str]]:
    """What makes the environment and what installs: uv where it is, which takes a tenth of the time."""
    around = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    uv, folder = shutil.which("uv", path=around), str(place / "venv")
    if uv is not None:
        own = [uv, "--quiet", "--no-cache", "--no-config"]
        return [*own, "venv", "--python", sys.executable, folder], [
            *own,
            "pip",
            "install",
            "--python",
            python,
        ]
    return (
        [sys.executable, "-I", "-m", "venv", folder],
        [python, "-I", "-m", "pip", "install", "--no-cache-dir"],
    )


def _wanted(service: Service, pins: Sequence[str]) -> list[str]:
    """What pip is told of the service's requirements, and those of its tests beside them."""
    found: dict[str, None] = {}
    beside = (path for path in service.files if service.holds(path) and _is_for_tests(path, service.folder))
    for path in (*pins, *beside):
        folder, name = posixpath.split(path)
        if name in _PROJECTS:
            found[f"./{folder}"] = None
        elif name.endswith((".txt", ".in")):
            found[f"{'--constraint' if 'constraint' in name else '--requirement'}={path}"] = None
    only_limits = all(one.startswith("--constraint") for one in found)
    return [] if only_limits else list(found)


def _is_for_tests(path: str, folder: str) -> bool:
    name = posixpath.basename(path)
    kind = "requirements" in name and name.endswith(".txt") and ("test" in name or "dev" in name)
    return posixpath.dirname(path) == folder and kind


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: int
) -> tuple[int | None, bytes]:
    """Run a program: its exit code, None if its time ended before it did, and the end of what it printed.

    Raises:
        OSError: it cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603, SIM115, RUF100  argv list only
        [*command],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        bufsize=0,
    )
    tail = bytearray()
    reader = Thread(target=_keep_tail, args=(process.stdout, tail), daemon=True)
    reader.start()
    try:
        code: int | None = process.wait(seconds)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        # whatever it started and left behind ends too
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    # a process that left the group may hold the pipe open for ever
    reader.join(5)
    if not reader.is_alive() and process.stdout is not None:
        process.stdout.close()
    return code, bytes(tail)


def _keep_tail(pipe: IO[bytes] | None, tail: bytearray) -> None:
    while pipe is not None and (piece := pipe.read(1 << 14)):
        tail += piece
        del tail[:-MAX_OUTPUT]
