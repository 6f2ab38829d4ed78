"""What the index shows of two releases' contracts: the verdict on them, and the rules explained.

Pure. Run as a module it answers one question of the index, in a process of its own: the contracts are
whatever was uploaded. Evidence is found by containment alone: no model is generated, no code of theirs runs.
"""

import json

from packaging.version import Version

from crucible_pipeline.compat.report_words import sides
from crucible_pipeline.compat.rules_bounds import SchemaRule
from crucible_pipeline.compat.rules_contract import ContractRule
from crucible_pipeline.compat.table import CONTRACT_RULES, SCHEMA_RULES
from crucible_pipeline.compat.verdict import Verdict, judge
from crucible_pipeline.contracts.snapshot import restore
from crucible_pipeline.errors import CrucibleError
from crucible_pipeline.index.apart import confined
from crucible_pipeline.index.difference import (
    MAX_CHANGES,
    MAX_PAYLOAD,
    Change,
    Contracts,
    Difference,
    Rule,
    Side,
    dump,
    sides_in,
)


def difference(old: Side, new: Side) -> Difference:
    """The changes from one release's contract to another's, in every direction that the design names.

    Args:
        old: the base.
        new: what is judged by it.
    """
    try:
        before, after = (restore(side.contract.decode(), f"{side.version}") for side in (old, new))
        verdict = judge(after, {old.version: before}, package="", newest=Version(old.version), mode="full")
    except (CrucibleError, UnicodeDecodeError) as error:
        return Difference(problem=f"the contract of a release cannot be read: {error}")
    return Difference(
        str(verdict.required_bump),
        len(verdict.changes),
        tuple(_changes(verdict, new.version)[:MAX_CHANGES]),
    )


def _changes(verdict: Verdict, version: str) -> list[Change]:
    found: list[Change] = []
    for change in verdict.changes:
        payload, accepts, rejects = "", "", ""
        if change.witness is not None:
            payload = json.dumps(change.witness.payload, ensure_ascii=False, indent=2)
            payload = payload if len(payload) <= MAX_PAYLOAD else f"{payload[:MAX_PAYLOAD]} …"
            accepts, rejects = (
                version if side == "this contract" else side for side in sides(change, verdict)
            )
        found.append(
            Change(
                severity=change.severity.name.lower(),
                rule=change.rule,
                element=change.element,
                message=change.message,
                breaks=change.breaks,
                payload=payload,
                accepts=accepts,
                rejects=rejects,
            )
        )
    return found


def rules() -> tuple[Rule, ...]:
    """Every rule of compatibility, as `crucible check --explain` explains it."""
    groups: dict[str, tuple[SchemaRule | ContractRule, ...]] = {
        "Changes of schemas": SCHEMA_RULES,
        "Changes of names, channels, states and constants": CONTRACT_RULES,
    }
    return tuple(
        Rule(
            row.id,
            heading,
            f"May break: {', '.join(row.breaks)}."
            if row.breaks
            else f"Breaks nothing: {row.otherwise.name.lower()}.",
            row.why,
            row.todo,
        )
        for heading, rows in groups.items()
        for row in sorted(rows, key=lambda row: row.id)
    )


# Spelled out: when this module is run, its own name is another.
CONTRACTS = Contracts("crucible_pipeline.release.difference", rules)


def _work(question: bytes) -> bytes:
    return dump(difference(*sides_in(question)))


if __name__ == "__main__":
    confined(_work)
