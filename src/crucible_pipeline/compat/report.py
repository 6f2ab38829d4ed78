"""Reports of a verdict and of lint problems as text and JSON. Pure.

The other forms are offered here too, so that all reports have one home.
"""

import json
from collections.abc import Iterable
from typing import Any

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.report_github import as_github, problems_github
from crucible_pipeline.compat.report_markdown import as_markdown
from crucible_pipeline.compat.report_sarif import as_sarif, problems_sarif
from crucible_pipeline.compat.report_words import excerpt, one_line, sides, summary
from crucible_pipeline.compat.rules_bounds import SchemaRule
from crucible_pipeline.compat.rules_contract import ContractRule
from crucible_pipeline.compat.table import explained
from crucible_pipeline.compat.verdict import Verdict
from crucible_pipeline.contracts.lint_rule import Row
from crucible_pipeline.errors import Problem
from crucible_pipeline.version import Severity

__all__ = [
    "as_github",
    "as_json",
    "as_markdown",
    "as_sarif",
    "as_text",
    "explanation",
    "problems_github",
    "problems_json",
    "problems_sarif",
    "summary",
]


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The document of `crucible check --format json`."""
    return {
        "package": verdict.package,
        "base": verdict.base,
        "compared": list(verdict.compared),
        "required_bump": str(verdict.required_bump),
        "next_version": str(verdict.next_version),
        "compatible": verdict.compatible,
        "changes": [_change(change) for change in verdict.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    shown = change.witness
    return {
        "rule": change.rule,
        "severity": change.severity.name.lower(),
        "breaks": list(change.breaks),
        "element": change.element,
        "file": change.mark.file,
        "line": change.mark.line,
        "message": change.message,
        "witness": {"direction": shown.direction, "payload": shown.payload} if shown else None,
    }


def problems_json(problems: Iterable[Problem]) -> dict[str, Any]:
    """The document of `crucible check --format json` where there is no verdict: only the problems."""
    return {
        "problems": [
            {
                "file": problem.mark.file,
                "line": problem.mark.line,
                "column": problem.mark.column,
                "message": problem.what,
                "todo": problem.todo,
                "rule": problem.rule,
                "severity": problem.severity,
            }
            for problem in problems
        ]
    }


def as_text(verdict: Verdict) -> str:
    """The report as a compiler prints it: excerpt, caret, why, the payload, what to do."""
    blocks = [_block(change, verdict) for change in verdict.changes]
    return "\n".join([*blocks, summary(verdict)]) + "\n"


def _block(change: Change, verdict: Verdict) -> str:
    rule = explained()[change.rule]
    margin = " " * len(str(change.mark.line))
    head = one_line(f"{change.element}: {change.message}")
    lines = [f"{change.severity.name.lower()}[{change.rule}]: {head}"]
    if change.rule.endswith("-removed") and (change.mark.line, change.mark.column) == (1, 1):
        # what is gone has no line; only the file that held it is known
        lines.append(f"{margin}--> {change.mark.file}")
    else:
        lines += [f"{margin}--> {change.mark}", *excerpt(change.mark, verdict.sources)]
    if change.breaks:
        lines.append(f"{margin} = breaks: {', '.join(change.breaks)}")
    lines.append(f"{margin} = why: {rule.why}")
    if change.witness is not None:
        one, other = sides(change, verdict)
        lines.append(f"{margin} = payload: {json.dumps(change.witness.payload, ensure_ascii=True)}")
        lines.append(f"{margin}   {one} accepts it, {other} rejects it")
    if change.severity is not Severity.NEUTRAL:
        lines.append(f"{margin} = help: {rule.todo}")
    return "\n".join(lines) + "\n"


def explanation(rule: SchemaRule | ContractRule | Row) -> str:
    """What `--explain` prints of a row; ends with a newline."""
    if isinstance(rule, Row):
        return f"{rule.id}\n  severity: {rule.severity}\n  why: {rule.why}\n  what to do: {rule.todo}\n"
    ways = ", ".join(rule.breaks) or "nothing"
    return f"{rule.id}\n  may break: {ways}\n  why: {rule.why}\n  what to do: {rule.todo}\n"
