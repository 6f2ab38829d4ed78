"""The npm package of a release: packed, listed by a registry, sent to it by npm."""

import base64
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

import httpx
from packaging.version import Version

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.trust import trust
from crucible_pipeline.release.archive import tarred
from crucible_pipeline.release.environment import for_build
from crucible_pipeline.release.program import run
from crucible_pipeline.version import line_of

TOKEN = "CRUCIBLE_NPM_TOKEN"  # noqa: S105  the name of the variable
_FINAL = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_SECONDS = 30.0
_LETTERS = {"a": "alpha", "b": "beta", "rc": "rc"}
_MAX_BYTES = 16 << 20
# A package holds them though its `files` do not name them.
_ALWAYS = frozenset({"package.json", "LICENSE"})


@dataclass(frozen=True, slots=True)
class Registry:
    """An npm registry.

    Args:
        url: of it.
        token: None where it asks for none.
    """

    url: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a registry lists of one package.

    Args:
        integrity: version → its subresource integrity, or None where it tells none.
    """

    integrity: Mapping[str, str | None]


def registry_of(url: str, environ: Mapping[str, str]) -> Registry:
    """Understand `--npm-registry`.

    Raises:
        Refused: it is no http(s) address, or holds a credential.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused("the npm registry has to be an http(s) address", "give it as https://npm.example/")
    if parts.username or parts.password:
        raise Refused(f"the address of {parts.hostname} holds a credential", f"give it through {TOKEN}")
    return Registry(url.rstrip("/") + "/", environ.get(TOKEN) or None)


def npm_version(version: Version) -> str:
    """A version as semver 2.0.0 writes it: 0.4.0.dev5 is 0.4.0-dev.5, 0.4.0rc1 is 0.4.0-rc.1.

    Raises:
        Refused: it is a post-release, for which semver has no form.
    """
    if version.post is not None:
        raise Refused(f"npm knows no post-release as {version} is", "release the next patch version")
    parts = [f"{_LETTERS[version.pre[0]]}.{version.pre[1]}"] if version.pre else []
    parts += [f"dev.{version.dev}"] if version.dev is not None else []
    return "-".join([version.base_version, ".".join(parts)]) if parts else version.base_version


def program(environ: Mapping[str, str]) -> str | None:
    """The npm of this machine; None where there is none."""
    return shutil.which("npm", path=environ.get("PATH"))


def packed(files: Mapping[str, bytes], version: Version, epoch: int) -> tuple[str, bytes]:
    """The npm package of generated TypeScript: its name and its content, the same wherever it is packed.

    No program packs it: what npm's packer makes depends on its version and that of its zlib.

    Args:
        files: of the package in a fresh clone, and its licence: name → content.
        version: of the release.
        epoch: seconds since 1970 that the files' times become.

    Raises:
        Refused: there are other files than the package.json names.
    """
    described = cast("dict[str, Any]", json.loads(files["package.json"]))
    differing = (files.keys() - _ALWAYS) ^ set(described["files"])
    if differing:
        raise Refused(
            f"the npm package differs from the generated files in {', '.join(sorted(differing))}",
            "run crucible generate and commit; remove what is not generated",
        )
    number = npm_version(version)
    written = json.dumps({"name": described["name"], "version": number, **described}, indent=2) + "\n"
    content = {f"package/{name}": text for name, text in files.items()}
    stem = described["name"].removeprefix("@").replace("/", "-")
    return f"{stem}-{number}.tgz", tarred({**content, "package/package.json": written.encode()}, epoch)


def listed(registry: Registry, name: str) -> Listed:
    """What a registry lists of a package.

    Raises:
        CannotDo: it is out of reach, or answers otherwise than a registry.
    """
    headers = {"Accept": "application/json", "Cache-Control": "no-cache"}
    if registry.token:
        headers["Authorization"] = f"Bearer {registry.token}"
    try:
        answer = httpx.get(
            registry.url + quote(name, safe="@"), headers=headers, timeout=_SECONDS, verify=trust()
        )
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return Listed({})
        answer.raise_for_status()
        if len(answer.content) > _MAX_BYTES:
            raise CannotDo(f"the answer of the npm registry is larger than {_MAX_BYTES} bytes")
        versions = cast("dict[str, dict[str, Any]]", answer.json().get("versions", {}))
        return Listed({number: it.get("dist", {}).get("integrity") for number, it in versions.items()})
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        raise CannotDo(f"the npm registry at {registry.url} does not answer as one: {error}") from None


def lacks(registry: Registry, name: str, version: Version, tarball: bytes) -> bool:
    """Whether a registry lacks a version.

    Raises:
        Refused: it lists the version with other content.
        CannotDo: it cannot be asked.
    """
    found = listed(registry, name).integrity
    number = npm_version(version)
    if number not in found:
        return True
    if found[number] != integrity(tarball):
        raise Refused(
            f"the npm registry lists {name} {number} with other content, and what is published stays",
            "publish the files that were built first (--dist), or release the next version",
        )
    return False


def integrity(tarball: bytes) -> str:
    """Subresource integrity as npm writes it (sha512, base64)."""
    return f"sha512-{base64.b64encode(hashlib.sha512(tarball).digest()).decode()}"


def tag_for(version: Version, known: Iterable[str]) -> str:
    """The dist-tag under which a version is sent: `latest` is what `npm install NAME` takes.

    Args:
        version: of the release.
        known: the versions that the registry lists.
    """
    if version.is_prerelease:
        return "preview" if version.is_devrelease else "next"
    finals = [Version(number) for number in known if _FINAL.fullmatch(number)]
    return "latest" if all(version > other for other in finals) else f"line-{line_of(version)}"


def publish(registry: Registry, tarball: Path, tag: str, environ: Mapping[str, str], folder: Path) -> None:
    """Send a tarball (`npm publish`); the credential travels in the environment.

    Args:
        registry: that takes it.
        tarball: that `pack` made.
        tag: the dist-tag.
        environ: the caller's.
        folder: for npm's settings and cache.

    Raises:
        CannotDo: npm failed.
    """
    npm = program(environ)
    if npm is None:
        raise CannotDo("there is no npm on this machine", "install Node.js")
    environment = for_build(environ, 0) | _quiet(folder)
    if registry.token:
        host = registry.url.partition(":")[2]
        # npm puts the variable in; the file holds its name only.
        (folder / "npmrc").write_text(f"{host}:_authToken=${{{TOKEN}}}\n")
        environment |= {TOKEN: registry.token, "NPM_CONFIG_USERCONFIG": os.fspath(folder / "npmrc")}
    argv = [npm, "publish", "--loglevel=error", "--ignore-scripts", "--registry", registry.url, "--tag", tag]
    hidden = (registry.token,) if registry.token else ()
    run([*argv, os.fspath(tarball)], environment, folder, f"npm publish to {registry.url}", hidden=hidden)


def _quiet(folder: Path) -> dict[str, str]:
    return {
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
        "NPM_CONFIG_AUDIT": "false",
        "NPM_CONFIG_FUND": "false",
        "NPM_CONFIG_CACHE": os.fspath(folder / "npm-cache"),
    }
