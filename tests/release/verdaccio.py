"""A real npm registry, Verdaccio, from a lock with hashes; installed once for each state of the lock."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from index.seaweed import free_ports
from node_programs import installed, serving

LOCK = Path(__file__).parent / "registries"
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


@contextlib.contextmanager
def verdaccio(place: Path) -> Iterator[Npm]:
    """An empty registry on loopback with one user."""
    program = installed(LOCK) / "verdaccio" / "bin" / "verdaccio"
    (port,) = free_ports(1)
    (place / "config.yaml").write_text(CONFIGURATION.format(place=place))
    url = f"http://127.0.0.1:{port}/"
    argv = ["node", str(program), "--config", str(place / "config.yaml"), "--listen", url]
    with serving(argv, f"{url}-/ping", place / "out"):
        user = {"name": "publisher", "password": "made-up-for-loopback"}
        answer = httpx.put(
            f"{url}-/user/org.couchdb.user:publisher", content=json.dumps(user), trust_env=False, timeout=60,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        yield Npm(url, answer.raise_for_status().json()["token"])
