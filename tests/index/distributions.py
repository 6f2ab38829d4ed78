"""Distributions made in memory, right or wrong on purpose, and the form that uploads them."""

import base64
import gzip
import hashlib
import io
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from crucible_pipeline.index import upload
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.server import Running

# One for all: each new client reads the machine's certificates, which takes longer than an upload.
CLIENT = httpx.Client(trust_env=False, headers={"accept": "", "accept-encoding": "identity"}, timeout=30)

Members = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Dist:
    name: str
    version: str
    filename: str
    content: bytes
    filetype: str = "bdist_wheel"


def metadata(name: str, version: str, more: str = "") -> bytes:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}".encode()


def record(members: Members, own: str) -> bytes:
    rows = []
    for path, data in members:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}\n")
    return ("".join(rows) + f"{own},,\n").encode()


def zipped(members: Members) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members:
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def noise(dice: random.Random, size: int) -> bytes:
    """A module of about so many bytes that hardly compress."""
    return b"# " + base64.b64encode(dice.randbytes(size * 3 // 4)) + b"\n"


def wheel(
    name: str = "demo-pkg",
    version: str = "1.0",
    *,
    body: bytes = b"VALUE = 1\n",
    more: str = "",
    inside: bytes | None = None,
    before: Callable[[Members], None] = lambda _: None,
    after: Callable[[Members], None] = lambda _: None,
) -> Dist:
    """A wheel; `before` changes its members before RECORD is written, `after` afterwards."""
    stem = name.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    members: Members = [
        (f"{stem}/__init__.py", body),
        (f"{info}/METADATA", metadata(name, version, more) if inside is None else inside),
        (
            f"{info}/WHEEL",
            b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
    ]
    before(members)
    members.append((f"{info}/RECORD", record(members, f"{info}/RECORD")))
    after(members)
    return Dist(name, version, f"{stem}-{version}-py3-none-any.whl", zipped(members))


def sdist(
    name: str = "demo-pkg",
    version: str = "1.0",
    *,
    inside: bytes | None = None,
    more: tuple[tuple[str, bytes], ...] = (),
) -> Dist:
    stem = f"{name.replace('-', '_')}-{version}"
    head = metadata(name, version) if inside is None else inside
    members = [(f"{stem}/PKG-INFO", head), (f"{stem}/pyproject.toml", b""), *more]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in members:
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return Dist(name, version, f"{stem}.tar.gz", gzip.compress(buffer.getvalue(), mtime=0), "sdist")


def fields(dist: Dist, over: Mapping[str, str | None] = {}) -> dict[str, str]:
    form: dict[str, str | None] = {
        ":action": "file_upload",
        "protocol_version": "1",
        "name": dist.name,
        "version": dist.version,
        "filetype": dist.filetype,
        "sha256_digest": hashlib.sha256(dist.content).hexdigest(),
        **over,
    }
    return {key: value for key, value in form.items() if value is not None}


def post(
    index: Running, dist: Dist, token: str | None = None, *, over: Mapping[str, str | None] = {}
) -> httpx.Response:
    """Upload as the legacy form does."""
    secret = index.token if token is None else token
    return CLIENT.post(
        index.upload_url,
        data=fields(dist, over),
        files={"content": (dist.filename, dist.content)},
        auth=httpx.BasicAuth("__token__", secret) if secret else httpx.Auth(),
    )


def fetch(index: Running, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """Ask with exactly these headers, names with _ for -, and follow nothing."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return CLIENT.request(method, f"{index.url}{path}", headers=given)


def published(catalog: Catalog, dist: Dist) -> bool:
    """Publish by the way of an upload, without a server."""
    return catalog.publish(upload.read(fields(dist), dist.filename, io.BytesIO(dist.content)))
