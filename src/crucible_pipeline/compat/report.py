"""Reports of a verdict and of lint problems: text, JSON, GitHub annotations and Markdown. Pure.

SARIF is in `sarif`; it is offered here too, so that all reports have one home.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.rules_bounds import SchemaRule
from crucible_pipeline.compat.rules_contract import ContractRule
from crucible_pipeline.compat.sarif import as_sarif, problems_sarif
from crucible_pipeline.compat.table import explained
from crucible_pipeline.compat.verdict import Verdict
from crucible_pipeline.contracts.lint_rule import Row
from crucible_pipeline.errors import Mark, Problem
from crucible_pipeline.version import Bump, Severity

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
]

_LONGEST_LINE = 160
_HEADINGS = {
    Severity.BREAKING: "Breaking",
    Severity.ADDITIVE: "Added and changed without a break",
    Severity.NEUTRAL: "Words only",
}


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
    if verdict.base is None:
        first = f"the first one is {verdict.next_version}"
        return f"{verdict.package} has no release to be compared with yet; {first}.\n"
    blocks = [_block(change, verdict) for change in verdict.changes]
    return "\n".join([*blocks, _summary(verdict)]) + "\n"


def _block(change: Change, verdict: Verdict) -> str:
    rule = explained()[change.rule]
    margin = " " * len(str(change.mark.line))
    head = _one_line(f"{change.element}: {change.message}")
    lines = [f"{change.severity.name.lower()}[{change.rule}]: {head}", f"{margin}--> {change.mark}"]
    line = _line(change.mark, verdict.sources)
    if line is not None:
        lines += [
            f"{margin} |",
            f"{change.mark.line} | {line}",
            f"{margin} | {_caret(line, change.mark.column)}",
        ]
    if change.breaks:
        lines.append(f"{margin} = breaks: {', '.join(change.breaks)}")
    lines.append(f"{margin} = why: {rule.why}")
    if change.witness is not None:
        one, other = _sides(change, verdict)
        lines.append(f"{margin} = payload: {json.dumps(change.witness.payload, ensure_ascii=True)}")
        lines.append(f"{margin}   {one} accepts it, {other} rejects it")
    if change.severity is not Severity.NEUTRAL:
        lines.append(f"{margin} = help: {rule.todo}")
    return "\n".join(lines) + "\n"


def _sides(change: Change, verdict: Verdict) -> tuple[str, str]:
    """Who accepts and who rejects the payload of a change."""
    old, new = verdict.base or "the base", "this contract"
    forward = change.witness is not None and change.witness.direction == "forward"
    return (new, old) if forward else (old, new)


def _line(mark: Mark, sources: Mapping[str, str]) -> str | None:
    for path, text in sources.items():
        if mark.file == path or mark.file.endswith(f"/{path}"):
            lines = text.splitlines()
            return _one_line(lines[mark.line - 1]) if mark.line <= len(lines) else None
    return None


def _one_line(text: str) -> str:
    """Without control characters, which a terminal would obey, and without an end in sight cut off."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= _LONGEST_LINE else f"{plain[:_LONGEST_LINE]} …"


def _caret(line: str, column: int) -> str:
    return " " * (column - 1) + "^" if column <= len(line) else "^"


def _summary(verdict: Verdict) -> str:
    counts = ", ".join(
        f"{sum(change.severity is severity for change in verdict.changes)} {severity.name.lower()}"
        for severity in reversed(Severity)
    )
    against = ", ".join(verdict.compared)
    if verdict.required_bump is Bump.NONE:
        return f"No change since {verdict.base} (compared with {against})."
    return (
        f"Changes since {verdict.base} (compared with {against}): {counts}.\n"
        f"Required bump: {verdict.required_bump}; next version: {verdict.next_version}."
    )


def explanation(rule: SchemaRule | ContractRule | Row) -> str:
    """What `--explain` prints of a row; ends with a newline."""
    if isinstance(rule, Row):
        return f"{rule.id}\n  severity: {rule.severity}\n  why: {rule.why}\n  what to do: {rule.todo}\n"
    ways = ", ".join(rule.breaks) or "nothing"
    return f"{rule.id}\n  may break: {ways}\n  why: {rule.why}\n  what to do: {rule.todo}\n"


def as_github(verdict: Verdict) -> str:
    """Workflow commands that annotate the changed lines of a pull request; each ends with a newline."""
    lines = [
        _annotation(
            "error" if change.breaks else "notice",
            change.mark,
            change.rule,
            f"{change.element}: {change.message}. {explained()[change.rule].why}",
        )
        for change in verdict.changes
        if change.severity is not Severity.NEUTRAL
    ]
    return "".join([*lines, f"{_summary(verdict) if verdict.base else as_text(verdict).strip()}\n"])


def problems_github(problems: Iterable[Problem]) -> str:
    """Workflow commands that annotate the lines with problems."""
    return "".join(
        _annotation(
            problem.severity, problem.mark, problem.rule or "contract", f"{problem.what}; {problem.todo}"
        )
        for problem in problems
    )


def _annotation(level: str, mark: Mark, title: str, message: str) -> str:
    place = f"file={_value(mark.file)},line={mark.line},col={mark.column},title={_value(title)}"
    return f"::{level} {place}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_markdown(verdict: Verdict) -> str:
    """The changes for a changelog or a proposal: a list for each severity; empty if nothing changed."""
    sections: list[str] = []
    for severity, heading in _HEADINGS.items():
        rows = [_row(change, verdict) for change in verdict.changes if change.severity is severity]
        if rows:
            sections.append(f"#### {heading}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(sections)


def _row(change: Change, verdict: Verdict) -> str:
    ways = f"; breaks {', '.join(change.breaks)}" if change.breaks else ""
    row = f"- {_code(change.element)}: {_plain(change.message)} ({change.rule}{ways})"
    if change.witness is None:
        return row
    one, other = _sides(change, verdict)
    payload = json.dumps(change.witness.payload, ensure_ascii=False)
    return f"{row}\n  {_code(payload)} is accepted by {one} and rejected by {other}"


def _code(text: str) -> str:
    """A code span that no backtick of the text ends (CommonMark, section 6.1)."""
    plain = " ".join(text.split())
    fence = "`"
    while fence in plain:
        fence += "`"
    return f"{fence} {plain} {fence}" if "`" in plain else f"{fence}{plain}{fence}"


def _plain(text: str) -> str:
    """Text that Markdown and HTML leave as it is."""
    plain = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>&|#~" else letter for letter in plain)
