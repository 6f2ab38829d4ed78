"""The legacy upload form: what a client says of a file, what the file says, and whether they agree.

Computes over the fields and the open file; the web room receives them. Source: the upload API of the public
index (`:action=file_upload`, protocol version 1), as twine, uv, hatch, flit, poetry and pdm send it.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from packaging.version import InvalidVersion, Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.archive import CHUNK, judged
from crucible_pipeline.index.attestation import TOKEN, provenance_of
from crucible_pipeline.index.names import Filename, normalized, parse_filename
from crucible_pipeline.index.policy import DEFAULT, Policy


class Digest(Protocol):
    """A hash on its way; hashlib's own types have different names in different Pythons."""

    def update(self, data: bytes, /) -> None:
        """Take in the next piece."""
        ...

    def hexdigest(self) -> str:
        """The hash of all pieces."""
        ...


SHA256 = "sha256_digest"
# The form's fields, each with its digest's name and how it is computed.
DIGESTS: dict[str, tuple[str, Callable[[], Digest]]] = {
    SHA256: ("sha256", hashlib.sha256),
    "md5_digest": ("md5", lambda: hashlib.md5(usedforsecurity=False)),
    "blake2_256_digest": ("blake2b-256", lambda: hashlib.blake2b(digest_size=32)),
}

FIELDS = frozenset({":action", "protocol_version", "name", "version", "filetype", "attestations", *DIGESTS})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is what it says; `catalog.Distribution` in form.

    Args:
        filename: what its name says.
        sha256: of the content, in hexadecimal.
        size: in bytes.
        requires_python: from the metadata.
        metadata: the core metadata, as the archive holds it.
        content: seekable.
        provenance: the attestations that came along (PEP 740); None where none did.
    """

    filename: Filename
    sha256: str
    size: int
    requires_python: str | None
    metadata: bytes
    content: BinaryIO
    provenance: bytes | None = None


def fields_of(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The fields that count, each of which may come once; the others repeat the metadata.

    Raises:
        Refused: one came twice, so that two readers could take different ones.
    """
    fields: dict[str, str] = {}
    for name, value in texts:
        if name not in FIELDS:
            continue
        if name in fields:
            raise Refused(f"the form gives the field {name} twice")
        fields[name] = value
    return fields


def project_of(fields: Mapping[str, str]) -> str:
    """The project that a form speaks of, normalized: what a token has to allow before anything is read.

    Raises:
        Refused: the form is no upload, or names no project.
    """
    if fields.get(":action") != "file_upload":
        raise Refused("the form field :action has to be file_upload")
    if fields.get("protocol_version") != "1":
        raise Refused("the form field protocol_version has to be 1")
    if "name" not in fields or "version" not in fields:
        raise Refused("the form has to name the project and the version")
    return normalized(fields["name"])


def read(
    fields: Mapping[str, str],
    name: str,
    content: BinaryIO,
    policy: Policy = DEFAULT,
    publisher: Mapping[str, Any] = TOKEN,
) -> Upload:
    """Validate an upload.

    Args:
        fields: the form's fields of one line; `project_of` has accepted them.
        name: the file's name, as the form gives it.
        content: the file, seekable.
        policy: what the project has to keep to.
        publisher: who uploads, as PEP 740 writes a publisher.

    Raises:
        Refused: the form does not agree with the file; one sentence says how.
        Faulty: everything that is wrong with the file itself.
    """
    filename = parse_filename(name)
    _check_form(fields, filename)
    sha256, size = _check_digests(fields, filename, content)
    inside = judged(filename, content, size, policy)
    attestations = fields.get("attestations")
    provenance = provenance_of(attestations, filename, sha256, publisher) if attestations else None
    if provenance is None and policy.attested:
        raise Refused(
            f"{filename.text} comes without an attestation, and {filename.project} takes none without",
            "upload it with its attestations, as crucible publish and twine --attestations do",
        )
    return Upload(filename, sha256, size, inside.requires_python, inside.metadata, content, provenance)


def _check_form(fields: Mapping[str, str], filename: Filename) -> None:
    if project_of(fields) != filename.project:
        raise Refused(f"the form names the project {fields['name']} and the file is {filename.text}")
    try:
        version = Version(fields["version"])
    except InvalidVersion:
        raise Refused(f"{fields['version'][:80]!r} is not a version", "write it as PEP 440 says") from None
    if version != filename.version:
        raise Refused(f"the form names the version {fields['version']} and the file is {filename.text}")
    kind = fields.get("filetype", filename.kind)
    if kind != filename.kind:
        raise Refused(f"the form names the file type {kind[:80]} and the file is {filename.text}")


def _check_digests(fields: Mapping[str, str], filename: Filename, content: BinaryIO) -> tuple[str, int]:
    """The content's sha256 and size, after the digests that the form gives were compared."""
    digests = {field: make() for field, (_, make) in DIGESTS.items() if field == SHA256 or fields.get(field)}
    size = 0
    content.seek(0)
    while chunk := content.read(CHUNK):
        size += len(chunk)
        for digest in digests.values():
            digest.update(chunk)
    if size == 0:
        raise Refused(f"{filename.text} is empty")
    for field, digest in digests.items():
        given = fields.get(field)
        if given and not hmac.compare_digest(given.lower().encode(), digest.hexdigest().encode()):
            raise Refused(f"{filename.text} arrived with another {DIGESTS[field][0]} than the form says")
    return digests[SHA256].hexdigest(), size
