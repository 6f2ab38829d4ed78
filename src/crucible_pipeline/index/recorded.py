"""Publishing with an entry in the audit log."""

import contextlib
import hashlib

from crucible_pipeline.errors import CrucibleError
from crucible_pipeline.index.audit import Actor, Entry, Ledger
from crucible_pipeline.index.catalog import Candidate, Catalog, Distribution, Gate

PIECE = 1 << 20


def publish(
    catalog: Catalog, distribution: Distribution, gate: Gate | None, ledger: Ledger, actor: Actor
) -> bool:
    """Publish a validated file as `Catalog.publish` does, and tell the log.

    The entry is written once the gate has agreed and before the file is listed, so that no listed file is
    without one. A file that was published before, or that may not enter, changes nothing and has none.

    Args:
        catalog: takes it.
        distribution: which.
        gate: asked before.
        ledger: the log.
        actor: who publishes.

    Returns:
        False where exactly this file was published already.

    Raises:
        Taken: another content is published under this name or another spelling of it.
        NotAllowed: the gate's answer, or the project takes no uploads.
    """
    told: Entry | None = None

    def judged(candidate: Candidate) -> str | None:
        nonlocal told
        reason = gate(candidate) if gate is not None else None
        if reason is None and told is None:
            told = ledger.append(
                actor,
                "upload",
                candidate.project,
                version=str(candidate.version),
                file=candidate.filename,
                sha256=distribution.sha256,
            )
        return reason

    try:
        return catalog.publish(distribution, judged)
    except CrucibleError as error:
        if told is not None:
            with contextlib.suppress(CrucibleError):  # the reason of the failure matters more
                ledger.append(actor, "failed", told.project, entry=str(told.number), why=error.what)
        raise


def told(gate: Gate | None, ledger: Ledger, actor: Actor) -> Gate:
    """A gate that agrees with another one, and tells the log of each file that enters.

    Args:
        gate: asked before.
        ledger: the log.
        actor: who takes the files over.
    """

    def judged(candidate: Candidate) -> str | None:
        reason = gate(candidate) if gate is not None else None
        if reason is None:
            ledger.append(
                actor,
                "import",
                candidate.project,
                version=str(candidate.version),
                file=candidate.filename,
                sha256=_sha256(candidate),
            )
        return reason

    return judged


def _sha256(candidate: Candidate) -> str:
    digest, content = hashlib.sha256(), candidate.content()
    while piece := content.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()
