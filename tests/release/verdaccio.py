"""A real npm registry, Verdaccio, from a lock with hashes; installed once for each state of the lock."""

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from index.seaweed import free_ports
from release.contracts_repository import ROOT

LOCK = Path(__file__).parent / "registries"
PLACE = ROOT / ".crucible" / "registries"
START_SECONDS = 120
CONFIGURATION = """\
storage: {place}/storage
auth:
  htpasswd:
    file: {place}/htpasswd
packages:
  '**':
    access: $all
    publish: $authenticated
log: {{type: file, path: {place}/log, level: warn}}
"""


@dataclass(frozen=True)
class Npm:
    """A running registry.

    Args:
        url: of it.
        token: of a user who may publish.
    """

    url: str
    token: str

    def package(self, name: str) -> dict[str, object]:
        """What it tells of a package."""
        found: dict[str, object] = httpx.get(f"{self.url}{name.replace('/', '%2f')}", trust_env=False).json()
        return found


def installed() -> Path:
    """The program, installed if it is not there yet."""
    program = PLACE / "node_modules" / "verdaccio" / "bin" / "verdaccio"
    stamp, lock = PLACE / "installed", (LOCK / "package-lock.json").read_text()
    if not (program.exists() and stamp.is_file() and stamp.read_text() == lock):
        PLACE.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(LOCK / name, PLACE / name)
        argv = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        subprocess.run(argv, cwd=PLACE, check=True)
        stamp.write_text(lock)
    return program


@contextlib.contextmanager
def verdaccio(place: Path) -> Iterator[Npm]:
    """An empty registry on loopback with one user."""
    program = installed()
    (port,) = free_ports(1)
    (place / "config.yaml").write_text(CONFIGURATION.format(place=place))
    url = f"http://127.0.0.1:{port}/"
    argv = ["node", str(program), "--config", str(place / "config.yaml"), "--listen", url]
    with (place / "out").open("wb") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=out, cwd=place)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{url}-/ping", trust_env=False, timeout=5)
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the registry does not start: {(place / 'out').read_text()}")
            time.sleep(0.1)
        user = {"name": "publisher", "password": "made-up-for-loopback"}
        answer = httpx.put(
            f"{url}-/user/org.couchdb.user:publisher", content=json.dumps(user), trust_env=False, timeout=60,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        yield Npm(url, answer.raise_for_status().json()["token"])
    finally:
        process.terminate()
        process.wait(30)
