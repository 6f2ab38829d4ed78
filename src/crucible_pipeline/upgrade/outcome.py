"""What came of an upgrade, as a value and as the JSON document of `crucible upgrade --format json`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crucible_pipeline.errors import CrucibleError
from crucible_pipeline.upgrade.impact import Hit
from crucible_pipeline.upgrade.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One pin of a service; of a service without a pin the only row says why.

    Args:
        service: its name.
        file: as seen from the service.
        line: 1-based.
        before: the specifier as it is.
        after: the new one; None if the pin stays.
        installed_line: such as `0.3`.
        latest: the newest version that the service may have.
        impact: the service's lines that break.
        rewritten: those of them that were given their new names.
        trial: of the service's own tests with the new version.
        branch: the upgrade's branch; in a dry run the one it would get.
        commit: 40 hex digits; None where nothing was committed.
        pull_request: its address.
        skipped: why the pin stays, or why nothing was written.
    """

    service: str
    file: str | None = None
    line: int | None = None
    before: str | None = None
    after: str | None = None
    installed_line: str | None = None
    latest: str | None = None
    impact: Sequence[Hit] = ()
    rewritten: Sequence[Hit] = ()
    trial: Trial | None = None
    branch: str | None = None
    commit: str | None = None
    pull_request: str | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one service.

    Args:
        rows: at least one.
        exit_code: 0 fine, 1 refused, 2 failed.
        proposal: Markdown; empty where nothing moves.
        diff: unified; empty where nothing moves.
        notes: what was not read or followed, one sentence each.
    """

    rows: Sequence[Row]
    exit_code: int = 0
    proposal: str = ""
    diff: str = ""
    notes: Sequence[str] = ()


def failed(service: str, error: CrucibleError) -> Outcome:
    """A service that could not be read at all."""
    return Outcome(rows=(Row(service=service, skipped=str(error)),), exit_code=error.exit_code)


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """What came of several branches of one service, as one.

    Args:
        outcomes: at least one.
    """
    if len(outcomes) == 1:
        return outcomes[0]
    return Outcome(
        rows=[row for one in outcomes for row in one.rows],
        exit_code=max(one.exit_code for one in outcomes),
        proposal="\n".join(one.proposal for one in outcomes if one.proposal),
        diff="".join(one.diff for one in outcomes),
        notes=list(dict.fromkeys(note for one in outcomes for note in one.notes)),
    )


def as_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The JSON document: one object per pin."""
    return [_object(row) for outcome in outcomes for row in outcome.rows]


def _object(row: Row) -> dict[str, Any]:
    return {
        "service": row.service,
        "file": row.file,
        "line": row.line,
        "from": row.before,
        "to": row.after,
        "installed_line": row.installed_line,
        "latest": row.latest,
        "impact": [hit.as_json() for hit in row.impact],
        "branch": row.branch,
        "commit": row.commit,
        "pull_request": row.pull_request,
        "skipped": row.skipped,
        "rewritten": [hit.as_json() for hit in row.rewritten],
        "tests": row.trial.as_json() if row.trial is not None else None,
    }
