"""The indexes of the bench, each started as its own project says: crucible, nginx, devpi and pypiserver."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx

from bench.index_load import Side
from bench.peers import LOCKS, PLACE
from crucible_pipeline.index import rendering, simple
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.export import export, nginx_configuration
from crucible_pipeline.index.simple import File, Project
from index.distributions import Dist, metadata, wheel
from index.seaweed import free_ports

VENV = PLACE / "indexes"
START_SECONDS = 60
SMALL, LARGE = 1_450, 14_500
MEGABYTE = 1_000_000


def install() -> None:
    """Install the peers that the lock names, once for each state of it."""
    stamp, lock = VENV / "installed", (LOCKS / "indexes.txt").read_text()
    if stamp.is_file() and stamp.read_text() == lock:
        return
    PLACE.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
    subprocess.run([*command, str(LOCKS / "indexes.txt")], check=True)
    stamp.write_text(lock)


def dists(files: int) -> Iterator[Dist]:
    """So many files: a project with 500, one with 5, one with a wheel of 1 MB, the rest 5 to a project."""
    for number in range(500):
        yield wheel("big-pkg", f"1.0.{number}")
    for number in range(5):
        yield wheel("five-pkg", f"1.0.{number}")
    yield megabyte()
    for number in range(files - 506):
        yield wheel(f"pkg-{number // 5:05d}", f"1.0.{number % 5}")


def megabyte() -> Dist:
    """A wheel of 1 MB that does not compress."""
    return wheel(
        "onemeg-pkg",
        "1.0",
        before=lambda members: members.append(("onemeg_pkg/data.bin", os.urandom(MEGABYTE))),
    )


def populated(folder: Path, files: int) -> Catalog:
    """An index with so many files, as publishing them one after the other leaves it."""
    store, projects = DirectoryStore(folder), dict[str, list[File]]()
    # Nothing of this has to outlast the machine.
    flush, os.fsync = os.fsync, lambda fd: None  # noqa: ARG005  its own parameter's name
    try:
        for dist in dists(files):
            beside = metadata(dist.name, dist.version)
            file = File(
                name=dist.filename,
                sha256=hashlib.sha256(dist.content).hexdigest(),
                size=len(dist.content),
                uploaded="2026-01-02T03:04:05.000000Z",
                metadata_sha256=hashlib.sha256(beside).hexdigest(),
            )
            store.create_all([(file.key, dist.content), (file.metadata_key, beside)])
            projects.setdefault(dist.name, []).append(file)
        for name, listed in projects.items():
            project = replace(simple.with_files(Project(name), listed), serial=1)
            store.swap(simple.key_of(name), simple.dump(project), None)
            store.swap(simple.key_of(name, "html"), simple.as_html(project), None)
        store.swap(rendering.ROOT, simple.dump_root(projects), None)
        rendering.render_root(store)
    finally:
        os.fsync = flush
    return Catalog(store)


@contextlib.contextmanager
def answering(name: str, command: list[str], simple_url: str, log: Path) -> Generator[Side]:
    """A program, from when it answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=log.parent)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(simple_url, trust_env=False, timeout=30)
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not start: {log.read_text()}")
            time.sleep(0.02)
        yield Side(name, simple_url, pid=process.pid)
    finally:
        process.terminate()
        process.wait(60)


def command_of(data: Path, port: int) -> list[str]:
    """What starts crucible."""
    program = str(Path(sys.executable).with_name("crucible"))
    return [program, "serve", "--no-upstream", "--data", str(data), "--port", str(port)]


@contextlib.contextmanager
def crucible(data: Path) -> Generator[Side]:
    """`crucible serve` on an index that is there."""
    (port,) = free_ports(1)
    _, secret = Access(DirectoryStore(data)).create(("*",))
    url = f"http://127.0.0.1:{port}/"
    with answering(
        "crucible", command_of(data, port), f"{url}simple/", data.parent / f"{data.name}.log"
    ) as side:
        yield replace(side, upload=f"{url}legacy/", auth=("__token__", secret))


@contextlib.contextmanager
def nginx(catalog: Catalog, place: Path) -> Generator[Side]:
    """nginx on the exported index, with the printed configuration and a process for each core."""
    out, (port,) = place / "exported", free_ports(1)
    export(catalog, DirectoryStore(out))
    site = nginx_configuration(out).replace("8471", str(port))
    folders = "".join(
        f"{kind}_temp_path {place}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (place / "nginx.conf").write_text(
        f"daemon off; user root; worker_processes auto;\n"
        f"pid {place}/nginx.pid; error_log {place}/nginx.error;\n"
        f"events {{}}\nhttp {{\naccess_log off; sendfile on;\n{folders}{site}}}\n"
    )
    command = [str(shutil.which("nginx")), "-c", str(place / "nginx.conf")]
    with answering("nginx", command, f"http://127.0.0.1:{port}/simple/", place / "nginx.log") as side:
        yield side


@contextlib.contextmanager
def devpi(place: Path) -> Generator[Side]:
    """devpi-server with one empty index."""
    data, (port,) = place / "devpi", free_ports(1)
    programs, url = VENV / "bin", f"http://127.0.0.1:{port}"
    subprocess.run(
        [str(programs / "devpi-init"), "--serverdir", str(data), "--no-root-pypi"],
        check=True,
        capture_output=True,
    )
    command = [str(programs / "devpi-server"), "--serverdir", str(data), "--port", str(port)]
    with answering("devpi", command, f"{url}/+api", place / "devpi.log") as side:
        with httpx.Client(trust_env=False, timeout=60) as client:
            client.put(f"{url}/bench", json={"password": "bench"}).raise_for_status()
            login = client.post(
                f"{url}/+login", json={"user": "bench", "password": "bench"}
            ).raise_for_status()
            token = b64encode(f"bench:{login.json()['result']['password']}".encode()).decode()
            index = {"bases": [], "volatile": True}
            client.put(f"{url}/bench/dev", json=index, headers={"X-Devpi-Auth": token}).raise_for_status()
        yield replace(
            side, simple=f"{url}/bench/dev/+simple/", upload=f"{url}/bench/dev/", auth=("bench", "bench")
        )


@contextlib.contextmanager
def pypiserver(place: Path, files: int) -> Generator[Side]:
    """pypiserver on a folder with so many files; anybody may upload."""
    folder, (port,) = place / "packages", free_ports(1)
    folder.mkdir()
    for dist in dists(files):
        (folder / dist.filename).write_bytes(dist.content)
    command = [
        *(str(VENV / "bin" / "pypi-server"), "run", "-i", "127.0.0.1", "-p", str(port)),
        *("-P", ".", "-a", ".", str(folder)),
    ]
    with answering(
        "pypiserver", command, f"http://127.0.0.1:{port}/simple/five-pkg/", place / "pypi.log"
    ) as side:
        yield replace(side, simple=f"http://127.0.0.1:{port}/simple/", upload=f"http://127.0.0.1:{port}/")
