"""Reports as SARIF 2.1.0 (OASIS), in the subset that GitHub's code scanning reads. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from crucible_pipeline.compat.table import explained
from crucible_pipeline.compat.verdict import Verdict
from crucible_pipeline.errors import Mark, Problem
from crucible_pipeline.version import Severity

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.BREAKING: "error", Severity.ADDITIVE: "note", Severity.NEUTRAL: "none"}


def as_sarif(verdict: Verdict) -> dict[str, Any]:
    """A verdict: one result for each change."""
    rows = explained()
    used = sorted({change.rule for change in verdict.changes})
    rules = [
        {
            "id": name,
            "shortDescription": {"text": name.replace("-", " ").capitalize()},
            "fullDescription": {"text": rows[name].why},
            "help": {"text": f"{rows[name].why} What to do: {rows[name].todo}."},
            "defaultConfiguration": {"level": "error" if rows[name].breaks else "note"},
        }
        for name in used
    ]
    results = [
        {
            "ruleId": change.rule,
            "ruleIndex": used.index(change.rule),
            "level": _LEVELS[change.severity],
            "message": {"text": f"{change.element}: {change.message}"},
            "locations": [_location(change.mark)],
            "partialFingerprints": _fingerprint(change.rule, change.element, change.message),
            "properties": {
                "element": change.element,
                "breaks": list(change.breaks),
                "payload": change.witness.payload if change.witness else None,
            },
        }
        for change in verdict.changes
    ]
    return _log(rules, results)


def problems_sarif(problems: Iterable[Problem]) -> dict[str, Any]:
    """Lint problems: one result for each."""
    listed = list(problems)
    used = sorted({_rule(problem) for problem in listed})
    rules = [{"id": name, "shortDescription": {"text": name.replace("-", " ").capitalize()}} for name in used]
    results = [
        {
            "ruleId": _rule(problem),
            "ruleIndex": used.index(_rule(problem)),
            "level": "error",
            "message": {"text": f"{problem.what}; {problem.todo}"},
            "locations": [_location(problem.mark)],
            "partialFingerprints": _fingerprint(_rule(problem), problem.mark.file, problem.what),
        }
        for problem in listed
    ]
    return _log(rules, results)


def _rule(problem: Problem) -> str:
    return problem.rule or "invalid-contract"


def _log(rules: list[dict[str, Any]], results: list[dict[str, Any]]) -> dict[str, Any]:
    driver: Mapping[str, Any] = {"name": "crucible", "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _location(mark: Mark) -> dict[str, Any]:
    path = PurePosixPath(mark.file)
    artifact = {"uri": f"file://{quote(mark.file)}"} if path.is_absolute() else {"uri": quote(mark.file)}
    region = {"startLine": mark.line, "startColumn": mark.column}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _fingerprint(*parts: str) -> dict[str, str]:
    """Stable while lines move, so that an alert stays the same alert."""
    return {"change/v1": hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()}
