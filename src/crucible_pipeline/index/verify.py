"""Looks through a whole index: each listed file is whole, each rendering says what its document says."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index import simple
from crucible_pipeline.index.archive import CHUNK
from crucible_pipeline.index.attestation import provenance_of
from crucible_pipeline.index.audit import Ledger
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.simple import File
from crucible_pipeline.index.store import NotFound, Store

Kind = Literal["missing", "damaged", "stale", "orphan"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that is not as it should be.

    Args:
        kind: `missing` or `damaged` content is lost, or an entry of the audit log; `stale` can be rendered
            again; an `orphan` is harmless.
        key: in the store.
        what: one sentence.
    """

    kind: Kind
    key: str
    what: str

    @property
    def is_fault(self) -> bool:
        """Whether installers are affected, or the audit log."""
        return self.kind != "orphan"


@dataclass(frozen=True, slots=True)
class Survey:
    """What was looked at.

    Args:
        projects: how many documents were read.
        files: how many listed files were hashed.
        findings: sorted.
    """

    projects: int
    files: int
    findings: tuple[Finding, ...]


def survey(catalog: Catalog) -> Survey:
    """Hash every listed file, compare every rendering and follow the audit log; nothing is changed."""
    store = catalog.store
    listed = set(catalog.projects())
    findings: list[Finding] = []
    used: set[str] = set()
    names = documents(store)
    files = 0
    for name in names:
        try:
            project = catalog.project(name)
        except (NotFound, CannotDo, Refused) as error:
            findings.append(Finding("damaged", simple.key_of(name), str(error)))
            continue
        files += len(project.files)
        used |= {key for file in project.files for key in file.keys}
        findings += [finding for file in project.files for finding in faults(store, file)]
        findings += _rendering(store, simple.key_of(name, "html"), simple.as_html(project))
        if name not in listed:
            findings.append(Finding("stale", "simple/index.json", f"it does not list {name}"))
    if names:
        findings += _rendering(store, "simple/index.html", simple.root_as_html(catalog.projects()))
    findings += (
        Finding("missing", simple.key_of(name), "the project is listed and has no document")
        for name in sorted(listed - set(names))
    )
    findings += (
        Finding("orphan", entry.key, "no document lists it")
        for entry in store.list("files/")
        if entry.key not in used
    )
    findings += (
        Finding("missing" if each.is_missing else "damaged", each.key, each.what)
        for each in Ledger(store).breaks()
    )
    return Survey(len(names), files, tuple(sorted(findings)))


def documents(store: Store) -> list[str]:
    """The projects that have a document, listed or not; sorted."""
    keys = (entry.key.split("/") for entry in store.list("simple/"))
    return sorted(parts[1] for parts in keys if len(parts) == 3 and parts[2] == "index.json")


def faults(store: Store, file: File) -> Iterator[Finding]:
    """What is wrong with the content of a listed file and of what lies beside it."""
    expected: list[tuple[str, str | None]] = [(file.key, file.sha256)]
    if file.metadata_sha256 is not None:
        expected.append((file.metadata_key, file.metadata_sha256))
    if file.attested:
        expected.append((file.provenance_key, None))
    for key, sha256 in expected:
        try:
            with store.open(key) as content:
                digest = hashlib.sha256()
                while chunk := content.read(CHUNK):
                    digest.update(chunk)
        except NotFound:
            yield Finding("missing", key, "it is listed and is not stored")
            continue
        if sha256 is not None and digest.hexdigest() != sha256:
            yield Finding("damaged", key, "its content has another sha256 than listed")
        if key == file.provenance_key and (wrong := _provenance_fault(store, file)) is not None:
            yield Finding("damaged", key, wrong)


def _provenance_fault(store: Store, file: File) -> str | None:
    """Why the attestations beside a file are not those of this file, judged as when they came."""
    try:
        document = json.loads(store.get(file.provenance_key).data)
        attestations = [each for bundle in document["attestation_bundles"] for each in bundle["attestations"]]
        provenance_of(json.dumps(attestations), file.filename, file.sha256)
    except (KeyError, TypeError, ValueError, RecursionError):
        return "it is not a provenance object of PEP 740"
    except Refused as error:
        return error.what
    return None


def _rendering(store: Store, key: str, expected: bytes) -> Iterator[Finding]:
    try:
        if store.get(key).data != expected:
            yield Finding("stale", key, "it is not the rendering of index.json")
    except NotFound:
        yield Finding("stale", key, "it is not rendered")
