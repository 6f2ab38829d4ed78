"""Judges what lies beside a file: who attests it, what its SBOM says, which commit it comes from. Pure.

All of it is untrusted until a signature by the trusted key is found; then only what was signed counts.
"""

import io
import json
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from packaging.metadata import parse_email
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.names import Filename
from crucible_pipeline.release import dsse

MAX_STATEMENTS = 200
MAX_ENTRY_BYTES = 16 << 20
_SBOM = re.compile(r"[^/]+\.dist-info/sboms/crucible\.cdx\.json")
_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What zipfile and its decompressors raise for bytes that are no archive; ValueError: a place before the file.
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(ValueError, NotImplementedError, RuntimeError, OSError, EOFError),
)
_UNSIGNED = "take it from somewhere else, or ask the publisher"


# Gives the statement in an attestation or envelope if whoever is trusted has signed it, else raises Refused.
Opener = Callable[[bytes], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """A commit of a repository.

    Args:
        address: of the repository, comparable: host and path; empty where none is named.
        commit: in full, in hexadecimal.
        tag: that names it; empty where none is named.
    """

    address: str
    commit: str
    tag: str = ""


def public_key(pem: bytes) -> Ed25519PublicKey:
    """The trusted key of a PEM file.

    Raises:
        Refused: it holds no public Ed25519 key.
    """
    todo = "take the publisher's public key: openssl pkey -in release-key.pem -pubout -out release.pub"
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise Refused("the trusted key is no public key in PEM", todo) from None
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("the trusted key is another one than an Ed25519 key", todo)
    return key


def source(text: str) -> Source:
    """A commit as a user names it, `REPOSITORY@COMMIT`.

    Raises:
        Refused: the commit is not written in full.
    """
    address, _, commit = text.rpartition("@")
    if not address or not _COMMIT.fullmatch(commit.lower()):
        raise Refused(
            f"{text[:200]!r} is no commit of a repository",
            "write https://forge.example/acme/contracts@COMMIT, the commit with all its 40 digits",
        )
    return Source(_comparable(address), commit.lower())


def statement(evidence: Iterable[bytes], opener: Opener, name: Filename, sha256: str) -> Mapping[str, Any]:
    """What whoever is trusted states of exactly this file.

    Args:
        evidence: attestations (PEP 740) and DSSE envelopes.
        opener: knows who is trusted.
        name: of the file.
        sha256: of its content.

    Raises:
        Refused: nothing that is trusted speaks of this file; why not, for each thing that was there.
    """
    reasons: dict[str, None] = {}
    for text in evidence:
        try:
            found = opener(text)
            _speaks_of(found, name, sha256)
        except Refused as error:
            reasons[error.what] = None
        else:
            return found
    if not reasons:
        raise Refused(
            "nothing attests this file", "ask the publisher to sign: crucible publish --signing-key"
        )
    raise Refused("; ".join([*reasons][:3]), _UNSIGNED)


def by_key(key: Ed25519PublicKey) -> Opener:
    """Trusts the holder of a key."""

    def opened(text: bytes) -> Mapping[str, Any]:
        try:
            whole: object = json.loads(text)
        except (ValueError, RecursionError):
            raise Refused("what should attest it is not JSON") from None
        if isinstance(whole, dict) and "envelope" in whole:
            return _mapping(dsse.attested(cast("dict[str, Any]", whole), key))
        return _mapping(dsse.opened(text, key))

    return opened


def attestations_in(provenance: bytes) -> list[bytes]:
    """The attestations that a provenance object (PEP 740) holds.

    Raises:
        Refused: it is none.
    """
    try:
        bundles = json.loads(provenance)["attestation_bundles"]
        found = [one for bundle in bundles for one in bundle["attestations"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused("this is no provenance as PEP 740 defines it", _UNSIGNED) from None
    return [json.dumps(one).encode() for one in found[:MAX_STATEMENTS]]


def source_in(stated: Mapping[str, Any]) -> Source:
    """The commit that a statement names as the source (SLSA provenance 1.0, resolvedDependencies).

    Raises:
        Refused: it names none.
    """
    try:
        for one in stated["predicate"]["buildDefinition"]["resolvedDependencies"]:
            commit = one["digest"].get("gitCommit")
            if isinstance(commit, str) and _COMMIT.fullmatch(commit):
                address, _, tag = str(one["uri"]).removeprefix("git+").partition("@refs/tags/")
                return Source(_comparable(address), commit, tag)
    except (KeyError, TypeError, AttributeError):
        pass
    raise Refused("the statement names no commit", "ask the publisher for one that does")


def sbom_agrees(wheel: bytes, name: Filename) -> str:
    """Whether a wheel holds an SBOM that says of its package what its metadata say.

    Args:
        wheel: its content.
        name: of the file.

    Returns:
        The commit that the SBOM names.

    Raises:
        Refused: there is no SBOM, or it says something else, or names no commit.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            held, metadata = _entry(archive, _SBOM), _entry(archive, _METADATA)
    except _UNREADABLE:
        raise Refused("this is no wheel that can be read", _UNSIGNED) from None
    if held is None or metadata is None:
        raise Refused("the wheel holds no SBOM", "ask the publisher for one built by crucible publish")
    said = parse_email(metadata)[0]
    try:
        document = json.loads(held)
        about, parts = document["metadata"]["component"], document["components"]
        if document["bomFormat"] != "CycloneDX":
            raise ValueError("the format is another one")
        told = (canonicalize_name(about["name"]), Version(about["version"]))
        listed = sorted(value for part in parts for value in _values(part, "crucible:requirement"))
        commits = _values(about, "crucible:commit")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidVersion) as error:
        raise Refused(f"the SBOM is not CycloneDX as it should be: {error}", _UNSIGNED) from None
    if told != (name.project, name.version):
        raise Refused(f"the SBOM is about {told[0]} {told[1]}", _UNSIGNED)
    required = sorted(said.get("requires_dist", ()))
    if _plain(listed) != _plain(required):
        other = sorted(set(_plain(listed)) ^ set(_plain(required)))
        raise Refused(f"the SBOM and the metadata disagree about {', '.join(other)}", _UNSIGNED)
    if len(commits) != 1:
        raise Refused("the SBOM names no commit", _UNSIGNED)
    return commits[0]


def _mapping(signed: object) -> Mapping[str, Any]:
    if not isinstance(signed, dict):
        raise Refused("what was signed is no statement")
    return cast("dict[str, Any]", signed)


def _speaks_of(stated: Mapping[str, Any], name: Filename, sha256: str) -> None:
    """Raise Refused unless a statement is SLSA provenance of this file and of the release it names."""
    if stated.get("_type") != dsse.STATEMENT or stated.get("predicateType") != dsse.PROVENANCE:
        raise Refused("what was signed is no SLSA provenance")
    try:
        hashes = {str(one["name"]): str(one["digest"]["sha256"]).lower() for one in stated["subject"]}
        outer = stated["predicate"]["buildDefinition"]["externalParameters"]
        release = canonicalize_name(outer["package"]), Version(outer["version"])
    except (KeyError, TypeError, AttributeError, InvalidVersion) as error:
        raise Refused(f"the statement is not as crucible publish makes it: {error}") from None
    if name.text not in hashes:
        raise Refused(f"the statement is about {', '.join(sorted(hashes))[:200]}, not about this file")
    if hashes[name.text] != sha256:
        raise Refused("the statement is about other content under this name")
    if release != (name.project, name.version):
        raise Refused(f"the statement is about {release[0]} {release[1]}, another release")


def _comparable(address: str) -> str:
    """Host and path of a repository, however it is reached: `git@host:a/b.git` is `host/a/b`."""
    found = re.fullmatch(r"[\w.-]+@(?P<host>[\w.-]+):(?P<path>[^/].*)", address)
    if found:
        where = f"{found['host']}/{found['path']}"
    else:
        parts = urlsplit(address)
        where = f"{parts.hostname or ''}/{parts.path.lstrip('/')}"
    return where.rstrip("/").removesuffix(".git").strip("/")


def _entry(archive: zipfile.ZipFile, pattern: re.Pattern[str]) -> bytes | None:
    """The content of the only entry of such a name; None unless there is one, of a bearable size."""
    names = [info for info in archive.infolist() if pattern.fullmatch(info.filename)]
    if len(names) != 1:
        return None
    with archive.open(names[0]) as file:
        content = file.read(MAX_ENTRY_BYTES + 1)
    return content if len(content) <= MAX_ENTRY_BYTES else None


def _values(component: Mapping[str, Any], name: str) -> list[str]:
    return [str(one["value"]) for one in component.get("properties", ()) if one["name"] == name]


def _plain(requirements: Iterable[str]) -> list[str]:
    """Requirements without the spaces and quotes in which two spellings of one may differ."""
    return sorted(re.sub(r"[\s'\"]", "", text) for text in requirements)
