"""Sentences and excerpts that several reports share. Pure."""

import json
import re
from collections.abc import Mapping

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.verdict import Verdict
from crucible_pipeline.errors import Mark
from crucible_pipeline.version import Bump, Severity

_LONGEST_LINE = 160
# What a caret underlines: a key, a quoted text, or a word of a flow.
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|[\w.$/-]+")


def summary(verdict: Verdict) -> str:
    """What was compared and what that asks for; no newline at the end."""
    if verdict.base is None:
        first = f"the first one is {verdict.next_version}"
        return f"{verdict.package} has no release to be compared with yet; {first}."
    against = ", ".join(verdict.compared)
    if verdict.required_bump is Bump.NONE:
        return f"No change since {verdict.base} (compared with {against})."
    counts = ", ".join(
        f"{sum(change.severity is severity for change in verdict.changes)} {severity.name.lower()}"
        for severity in reversed(Severity)
    )
    waived = f", {len(verdict.waived)} of them waived" if verdict.waived else ""
    return (
        f"Changes since {verdict.base} (compared with {against}): {counts}{waived}.\n"
        f"Required bump: {verdict.required_bump}; next version: {verdict.next_version}."
    )


def sides(change: Change, verdict: Verdict) -> tuple[str, str]:
    """Who accepts and who rejects the payload of a change."""
    old, new = verdict.base or "the base", "this contract"
    forward = change.witness is not None and change.witness.direction == "forward"
    return (new, old) if forward else (old, new)


def evidence(change: Change, verdict: Verdict) -> str:
    """The payload of a change and who takes it, as one sentence; empty where there is none."""
    if change.witness is None:
        return ""
    one, other = sides(change, verdict)
    payload = one_line(json.dumps(change.witness.payload, ensure_ascii=False))
    return f"{one} accepts {payload}, {other} rejects it."


def excerpt(mark: Mark, sources: Mapping[str, str]) -> list[str]:
    """The marked line with its number and a caret below, as three lines; none where the text is not known."""
    margin = " " * len(str(mark.line))
    for path, text in sources.items():
        if mark.file == path or mark.file.endswith(f"/{path}"):
            lines = text.splitlines()
            if mark.line > len(lines):
                return []
            line = one_line(lines[mark.line - 1])
            return [
                f"{margin} |",
                f"{mark.line} | {line}".rstrip(),
                f"{margin} | {_caret(line, mark.column)}",
            ]
    return []


def _caret(line: str, column: int) -> str:
    if column > len(line):
        return "^"
    token = _TOKEN.match(line, column - 1)
    return " " * (column - 1) + "^" * (len(token[0]) if token else 1)


def one_line(text: str) -> str:
    """Without control characters, which a terminal would obey, and without an end in sight cut off."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= _LONGEST_LINE else f"{plain[:_LONGEST_LINE]} …"
