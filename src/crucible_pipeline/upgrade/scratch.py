"""The world: a service's files in a folder of their own, and programs that run there with no secret.

What runs is the service's code, with the rights of the user who allowed it. It gets no credential from here:
neither the environment nor the home folder of the user. It ends with its time, and so does everything that it
started in its process group.
"""

import contextlib
import os
import posixpath
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import IO

from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.plumbing import Entry, contents_of
from crucible_pipeline.upgrade.service import Service

MAX_BYTES = 1 << 30
MAX_OUTPUT = 1 << 16
_GROUP_BYTES = 64 << 20
_KEPT = ("LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


def write_files(service: Service, changed: Mapping[str, bytes], folder: Path) -> None:
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


def clean_environment(place: Path, home: str = "home") -> dict[str, str]:
    """The variables of a program: nothing of the caller's but its PATH, its language and an open proxy.

    Args:
        place: the folder in which everything lies; `venv` is an environment of Python there.
        home: name of a folder below it.
    """
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


def program(name: str) -> str | None:
    """Where a tool is: beside this Python, or on the PATH; None where it is not installed."""
    around = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return shutil.which(name, path=around)


def run_bounded(
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
