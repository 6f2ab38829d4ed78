"""One release, built, signed and uploaded once for all tests of a process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from crucible_pipeline.cli.app import main
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.release.gate import gate
from release.contracts_repository import Workshop

WHEEL = "crucible_shared-0.1.0-py3-none-any.whl"
SDIST = "crucible_shared-0.1.0.tar.gz"
TARBALL = "crucible-shared-0.1.0.tgz"
INFO = "crucible_shared-0.1.0.dist-info"
CRUCIBLE = Path(sys.executable).parent / "crucible"
# One Python is enough for most tests; each more would cost an environment.
PYTHON = "{}.{}".format(*sys.version_info[:2])


@dataclass(frozen=True)
class Published:
    """One release.

    Args:
        shop: its repository.
        dist: its artifacts.
        index: that lists it; only a token may read.
        key: the file with the key that signed it.
        document: what the command printed.
        progress: what it printed on stderr.
        command_lines: of every process that ran below it, as /proc shows them.
    """

    shop: Workshop
    dist: Path
    index: Running
    key: Path
    document: dict[str, Any]
    progress: str
    command_lines: frozenset[str]


def signing_key(path: Path) -> Path:
    """A new Ed25519 key in a file."""
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@contextmanager
def one_release(shop: Workshop, folder: Path) -> Iterator[Published]:
    """Publish the tag on HEAD as a user does, while every process is watched."""
    # What lies about in a developer's tree, ignored by git, must not be shipped.
    for stray in ("build/lib/crucible_shared/old.py", "src/crucible_shared/__pycache__/x.pyc"):
        (shop.root / stray).parent.mkdir(parents=True, exist_ok=True)
        (shop.root / stray).write_text("stray")
    key = signing_key(folder / "key.pem")
    with running(gate=gate, anonymous_read=False) as index, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRUCIBLE_TOKEN", index.token)
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("VIRTUAL_ENV", str(folder))
        options = ["--dist", str(folder / "dist"), "--signing-key", str(key), "--python", PYTHON]
        argv = [str(CRUCIBLE), "publish", "--repository", index.upload_url, "--format", "json", *options]
        with (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
            process = subprocess.Popen(argv, cwd=shop.root, stdout=out, stderr=err)
            seen = watched(process)
        progress = (folder / "err").read_text()
        assert process.returncode == 0, progress
        document = json.loads((folder / "out").read_text())
        yield Published(shop, folder / "dist", index, key, document, progress, seen)


def watched(process: "subprocess.Popen[bytes]") -> frozenset[str]:
    """The command lines of a process and all below it, until it ends."""
    seen: set[str] = set()
    while process.poll() is None:
        parents: dict[int, int] = {}
        lines: dict[int, str] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    lines[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
        for pid, line in lines.items():
            above = pid
            while above and above != process.pid:
                above = parents.get(above, 0)
            if above:
                seen.add(line)
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    return frozenset(seen)


def published_again(made: Published, dist: Path, *more: str, index: Running | None = None) -> int:
    """Publish it once more, with what lies in a folder."""
    target = (index or made.index).upload_url
    return main(["publish", "--repository", target, "--dist", str(dist), "--format", "json", *more])


def environment(**more: str) -> dict[str, str]:
    """The caller's environment with some variables."""
    return {**os.environ, **more}
