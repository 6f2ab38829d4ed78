"""Brings an index back to a state in which all that it lists is whole, and loses nothing on the way.

A backup that was copied while files were published is such a case: a document in it may list a file that the
copy does not hold. What is lost cannot be listed; its name stays taken, and the same upload brings it back.
"""

import contextlib
import hashlib
import shutil
import tempfile
import time
from typing import BinaryIO, cast

from crucible_pipeline.errors import CannotDo, CrucibleError, Refused
from crucible_pipeline.index import rendering, simple
from crucible_pipeline.index.archive import metadata_of
from crucible_pipeline.index.audit import Ledger, this_user
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.names import parse_filename
from crucible_pipeline.index.simple import File, Project
from crucible_pipeline.index.store import Conflict, NotFound, Store
from crucible_pipeline.index.verify import documents, faults

DAY_SECONDS = 86_400.0
IN_MEMORY_BYTES = 4 << 20


def repair(catalog: Catalog, *, age: float = DAY_SECONDS) -> tuple[str, ...]:
    """Mend what can be mended.

    Args:
        catalog: of the index; it may be written to meanwhile.
        age: in seconds; an orphan or a temporary file that is younger may belong to an upload under way.

    Returns:
        One sentence for each thing that was done, besides rendering.
    """
    done: list[str] = []
    kept: set[str] = set()
    names = documents(catalog.store)
    unreadable: set[str] = set()
    for name in names:
        try:
            done += _mend_files(catalog, name)
            catalog.render(name)
            kept |= {key for file in catalog.project(name).files for key in file.keys}
        except CannotDo as error:
            done.append(f"{name} cannot be repaired: {error}")
            unreadable.add(name)
    done += _unlist(catalog.store, set(names))
    if not unreadable:
        # What a document that cannot be read lists is no orphan.
        done += _sweep(catalog, kept, time.time() - age)
    lost = Ledger(catalog.store).acknowledge(this_user())
    done += (f"{each.key} is told as lost in the audit log, and stays lost" for each in lost)
    if left := catalog.store.tidy(age):
        done.append(f"{left} files of interrupted writes are removed")
    return tuple(done)


def _mend_files(catalog: Catalog, name: str) -> list[str]:
    """Make the metadata of whole files anew; take out of the document what is no longer whole."""
    store, done, lost = catalog.store, list[str](), set[str]()
    for file in catalog.project(name).files:
        wrong = {finding.key for finding in faults(store, file)}
        if wrong == {file.metadata_key} and _extract(store, file):
            done.append(f"the metadata of {file.name} is made anew")
        elif wrong:
            lost.add(file.name)
            for key in wrong:
                with contextlib.suppress(NotFound):
                    store.delete(key)

    def still(project: Project) -> list[str]:
        # An upload of the same content may have brought it back in the meantime.
        return [file.name for file in project.files if file.name in lost and any(faults(store, file))]

    if lost:
        done += (
            f"{file.name} is no longer listed, since its content is lost; upload the same file again"
            for file in catalog.withdraw(name, still)
        )
    return done


def _extract(store: Store, file: File) -> bool:
    """Store the metadata that the file itself holds, if that is what was listed."""
    try:
        with store.open(file.key) as content:
            metadata = metadata_of(file.filename, content, file.size)
    except CrucibleError:
        return False
    if hashlib.sha256(metadata).hexdigest() != file.metadata_sha256:
        return False
    with contextlib.suppress(NotFound):
        store.delete(file.metadata_key)
    store.create(file.metadata_key, metadata)
    return True


def _unlist(store: Store, names: set[str]) -> list[str]:
    """Take projects without a document out of the list of all."""
    while True:
        try:
            root = store.get(rendering.ROOT)
        except NotFound:
            return []
        listed = set(simple.restore_root(root.data))
        gone = sorted(name for name in listed - names if not _has_document(store, name))
        if not gone:
            return []
        try:
            store.swap(rendering.ROOT, simple.dump_root(listed - set(gone)), root.etag)
        except Conflict:
            continue
        rendering.render_root(store)
        return [f"{name} is no longer listed, since it has no document" for name in gone]


def _has_document(store: Store, name: str) -> bool:
    try:
        store.tag(simple.key_of(name))
    except NotFound:
        return False
    return True


def _sweep(catalog: Catalog, kept: set[str], before: float) -> list[str]:
    """Remove old content that no document lists."""
    orphans = [
        entry.key
        for entry in catalog.store.list("files/")
        if entry.key not in kept and entry.modified < before
    ]
    return [f"{key} is removed: no document lists it" for key in orphans if remove(catalog, key)]


def remove(catalog: Catalog, key: str) -> bool:
    """Remove content, unless a document lists it; also one that came to list it meanwhile.

    An upload of the same content relies on what is stored already. So a copy is kept until the document was
    read once more, and is put back where such an upload came in between.

    Returns:
        Whether it is removed.
    """
    store = catalog.store
    try:
        with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as copy:
            with store.open(key) as content:
                shutil.copyfileobj(content, copy)
            if _is_listed(catalog, key):
                return False
            store.delete(key)
            if not _is_listed(catalog, key):
                return True
            copy.seek(0)
            store.create(key, cast("BinaryIO", copy))
    except NotFound:
        pass
    return False


def _is_listed(catalog: Catalog, key: str) -> bool:
    name = key.rsplit("/", 1)[-1].removesuffix(".metadata").removesuffix(".provenance")
    try:
        project = catalog.project(parse_filename(name).project)
    except (NotFound, Refused):
        return False
    return any(key in file.keys for file in project.files)
