"""The packaging programs that the tests run as they are, in an environment of their own, made once."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).with_name("clients.txt")
UV = Path(sys.executable).with_name("uv")
MINUTES = 10


def programs() -> Path:
    """The folder of the programs; an environment for another lock or Python is another one."""
    stamp = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = ROOT / ".crucible" / "clients" / stamp
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _run(str(UV), "venv", "--quiet", "--python", sys.executable, str(folder))
            _run(
                *(str(UV), "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")),
                *("--require-hashes", "--requirement", str(LOCK)),
            )
            (folder / "complete").touch()
    return folder / "bin"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=MINUTES * 60)
