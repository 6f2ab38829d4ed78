"""Reports as SARIF 2.1.0 (OASIS), in the subset that GitHub's code scanning reads. Pure.

GitHub wants a place for each result, takes `partialFingerprints.primaryLocationLineHash` alone to tell one
alert from another, and refuses a run of more than 25,000 results.
"""

import hashlib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.report_markdown import plain
from crucible_pipeline.compat.report_words import evidence
from crucible_pipeline.compat.table import explained
from crucible_pipeline.compat.verdict import Verdict
from crucible_pipeline.contracts.check import pages, pages_beside_releases
from crucible_pipeline.contracts.lint_rule import Row
from crucible_pipeline.contracts.waiver import Waiver
from crucible_pipeline.errors import Mark, Problem
from crucible_pipeline.version import Severity

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.BREAKING: "error", Severity.ADDITIVE: "note", Severity.NEUTRAL: "note"}
_MOST_RESULTS = 25_000
# Relative to the top of the checkout, from which `crucible` is run there.
_ROOT = "%SRCROOT%"


def as_sarif(verdict: Verdict, problems: Iterable[Problem] = ()) -> dict[str, Any]:
    """A verdict: one result for each change, and for each problem beside them."""
    rows = explained()
    used = sorted({change.rule for change in verdict.changes})
    rules = [
        {
            "id": name,
            "shortDescription": {"text": name.replace("-", " ").capitalize()},
            "fullDescription": {"text": rows[name].why},
            "help": _advice(rows[name].why, rows[name].todo),
            "defaultConfiguration": {"level": "error" if rows[name].breaks else "note"},
        }
        for name in used
    ]
    waivers = {(item.change.rule, item.change.element): item.waiver for item in verdict.waived}
    results = [
        {
            "ruleId": change.rule,
            "ruleIndex": used.index(change.rule),
            "level": _LEVELS[change.severity],
            "message": {"text": _message(change, verdict)},
            "locations": [_location(change.mark)],
            **_fingerprint(change.rule, change.element, change.message),
            "properties": {
                "element": change.element,
                "breaks": list(change.breaks),
                "payload": change.witness.payload if change.witness else None,
            },
            **_suppression(waivers.get((change.rule, change.element))),
        }
        for change in verdict.changes
    ]
    more_rules, more_results = _of_problems(problems, len(rules))
    return _log([*rules, *more_rules], [*results, *more_results])


def _message(change: Change, verdict: Verdict) -> str:
    shown = evidence(change, verdict)
    return f"{change.element}: {change.message}" + (f"; {shown}" if shown else ".")


def problems_sarif(problems: Iterable[Problem]) -> dict[str, Any]:
    """Problems of the contracts or of services: one result for each."""
    return _log(*_of_problems(problems, 0))


def _of_problems(
    problems: Iterable[Problem], before: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rules and results; the rules come after so many others."""
    listed = list(problems)
    used = sorted({_rule(problem) for problem in listed})
    known = {**pages(), **pages_beside_releases()}
    rules = [
        {
            "id": name,
            "shortDescription": {"text": name.replace("-", " ").capitalize()},
            **_help(known.get(name)),
        }
        for name in used
    ]
    results = [
        {
            "ruleId": _rule(problem),
            "ruleIndex": before + used.index(_rule(problem)),
            "level": problem.severity,
            "message": {"text": f"{problem.what}; {problem.todo}"},
            "locations": [_location(problem.mark)],
            **_fingerprint(_rule(problem), problem.mark.file, problem.what),
        }
        for problem in listed
    ]
    return rules, results


def _help(row: Row | None) -> dict[str, Any]:
    """What GitHub shows of a rule; it refuses one without a full description."""
    if row is None:
        return {"fullDescription": {"text": "What is written there cannot be read as a contract."}}
    return {"fullDescription": {"text": row.why}, "help": _advice(row.why, row.todo)}


def _advice(why: str, todo: str) -> dict[str, str]:
    return {
        "text": f"{why} What to do: {todo}.",
        "markdown": f"{plain(why)}\n\n**What to do:** {plain(todo)}.",
    }


def _rule(problem: Problem) -> str:
    return problem.rule or "invalid-contract"


def _suppression(waiver: Waiver | None) -> dict[str, Any]:
    """A waived change is one that somebody accepted (section 3.35)."""
    if waiver is None:
        return {}
    accepted = {"kind": "external", "status": "accepted", "justification": waiver.reason}
    return {"suppressions": [{**accepted, "location": _location(waiver.mark)}]}


def _log(rules: list[dict[str, Any]], results: list[dict[str, Any]]) -> dict[str, Any]:
    run = {
        "tool": {"driver": {"name": "crucible", "rules": rules}},
        "automationDetails": {"id": "crucible/check/"},
        "columnKind": "unicodeCodePoints",
        "results": results[:_MOST_RESULTS],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _location(mark: Mark) -> dict[str, Any]:
    path = PurePosixPath(mark.file)
    artifact = {"uri": quote(mark.file), "uriBaseId": _ROOT}
    if path.is_absolute():
        artifact = {"uri": f"file://{quote(mark.file)}"}
    region = {"startLine": mark.line, "startColumn": mark.column}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _fingerprint(*parts: str) -> dict[str, Any]:
    """Stable while lines move, so that an alert stays the same alert."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
    return {"partialFingerprints": {"primaryLocationLineHash": f"{digest[:32]}:1"}}
