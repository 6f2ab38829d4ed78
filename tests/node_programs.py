"""Programs of npm from a lock with hashes: installed once for each state of the lock, started to serve."""

import contextlib
import hashlib
import shutil
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest
from filelock import FileLock

PLACE = Path(__file__).parents[1] / ".crucible" / "node"
FILES = ("package.json", "package-lock.json", ".npmrc")
START_SECONDS = 120


def program(name: str) -> str:
    """Where node or npm is."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is not installed; install Node.js 18 or newer, which brings it")
    return path


def installed(lock: Path) -> Path:
    """The node_modules of a folder with a lock; no script of a package runs.

    Args:
        lock: holds package.json and package-lock.json, and may hold .npmrc.
    """
    folder = PLACE / hashlib.sha256((lock / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "complete").exists():
            for name in FILES:
                if (lock / name).is_file():
                    shutil.copyfile(lock / name, folder / name)
            argv = [program("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
            assert done.returncode == 0, done.stderr
            (folder / "complete").touch()
    return folder / "node_modules"


@contextlib.contextmanager
def serving(
    argv: Sequence[str], ping: str, log: Path, environment: Mapping[str, str] | None = None
) -> Generator[None]:
    """A server on loopback, from its first answer on.

    Args:
        argv: starts it.
        ping: an address that it answers, in whatever way.
        log: gets what it prints.
        environment: its variables; those of this process if None.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=out, cwd=log.parent, env=environment)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(ping, trust_env=False, timeout=5)
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{Path(argv[1]).name} does not start: {log.read_text()}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)
