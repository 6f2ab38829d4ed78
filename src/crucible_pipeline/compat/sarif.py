"""Reports as SARIF 2.1.0 (OASIS), in the subset that GitHub's code scanning reads. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from crucible_pipeline.compat.table import explained
from crucible_pipeline.compat.verdict import Verdict
from crucible_pipeline.contracts.check import pages
from crucible_pipeline.contracts.lint_rule import Row
from crucible_pipeline.errors import Mark, Problem
from crucible_pipeline.version import Severity

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.BREAKING: "error", Severity.ADDITIVE: "note", Severity.NEUTRAL: "none"}


def as_sarif(verdict: Verdict, problems: Iterable[Problem] = ()) -> dict[str, Any]:
    """A verdict: one result for each change, and for each problem beside them."""
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
    more_rules, more_results = _of_problems(problems, len(rules))
    return _log([*rules, *more_rules], [*results, *more_results])


def problems_sarif(problems: Iterable[Problem]) -> dict[str, Any]:
    """Problems of the contracts or of services: one result for each."""
    return _log(*_of_problems(problems, 0))


def _of_problems(
    problems: Iterable[Problem], before: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rules and results; the rules come after so many others."""
    listed = list(problems)
    used = sorted({_rule(problem) for problem in listed})
    known = pages()
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
            "partialFingerprints": _fingerprint(_rule(problem), problem.mark.file, problem.what),
        }
        for problem in listed
    ]
    return rules, results


def _help(row: Row | None) -> dict[str, Any]:
    return {"help": {"text": f"{row.why} What to do: {row.todo}."}} if row is not None else {}


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
