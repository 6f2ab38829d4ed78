"""How a release came to be, as SLSA provenance 1.0. Pure.

It holds no time and no machine, so that a publication that is run again states the same.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

BUILD_TYPE = "urn:crucible-pipeline:publish:1"
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:(?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a release comes from.

    Args:
        package: the distribution's name.
        version: of the release.
        tag: that names it.
        commit: that it was built from.
        time: of the commit, in seconds since 1970.
        address: of the repository; empty where it has no origin.
        builder: who built it.
    """

    package: str
    version: str
    tag: str
    commit: str
    time: int
    address: str
    builder: str


def predicate(origin: Origin, lock: str) -> dict[str, Any]:
    """SLSA provenance of a release.

    Args:
        origin: where it comes from.
        lock: the packages of the build's environment, with hashes.
    """
    source = {
        "uri": f"git+{_bare(origin.address) or 'file:'}@refs/tags/{origin.tag}",
        "digest": {"gitCommit": origin.commit},
    }
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "package": origin.package,
                "version": origin.version,
                "tag": origin.tag,
            },
            "internalParameters": {"SOURCE_DATE_EPOCH": origin.time, "umask": "022"},
            "resolvedDependencies": [source, *locked(lock)],
        },
        "runDetails": {"builder": {"id": origin.builder}},
    }


def builder_of(environ: Mapping[str, str]) -> str:
    """Who builds: the workflow of a forge where one runs (GitHub's variables), else a person's machine."""
    workflow, server = environ.get("GITHUB_WORKFLOW_REF"), environ.get("GITHUB_SERVER_URL")
    return f"{server}/{workflow}" if workflow and server else f"{BUILD_TYPE}:local"


def locked(lock: str) -> list[dict[str, Any]]:
    """The packages of a lock as resource descriptors; a package has the hashes of all its files."""
    found: list[dict[str, Any]] = []
    for entry in re.split(r"\n(?=\S)", lock):
        pinned = _PINNED.match(entry)
        hashes = sorted(hit["sha256"] for hit in _HASH.finditer(entry))
        if pinned and hashes:
            uri = f"pkg:pypi/{pinned['name'].lower()}@{pinned['version']}"
            found.extend({"uri": uri, "digest": {"sha256": sha256}} for sha256 in hashes)
    return found


def sums(files: Iterable[tuple[str, str]]) -> bytes:
    """A manifest as `sha256sum --check` reads it.

    Args:
        files: name and sha256 of each.
    """
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files)).encode()


def _bare(address: str) -> str:
    """An address without credentials, and as a URL: `git@host:path` is ssh."""
    found = re.fullmatch(r"[\w.-]+@(?P<host>[\w.-]+):(?P<path>[^/].*)", address)
    if found:
        return f"ssh://{found['host']}/{found['path']}"
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https", "ssh", "git"}:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
