"""The proposal: what an upgrade changes, what it breaks in this service, and how to verify it. Markdown."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.version import Version

from crucible_pipeline.compat.change import Change
from crucible_pipeline.contracts.waiver import Waiver
from crucible_pipeline.upgrade.impact import Hit
from crucible_pipeline.upgrade.target import Move
from crucible_pipeline.version import Severity, pin_of

MAX_PAYLOAD_CHARACTERS = 2_000
_HEADINGS = {Severity.BREAKING: "Breaking", Severity.ADDITIVE: "Additive", Severity.NEUTRAL: "Neutral"}
_TICKS = re.compile(r"`+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a proposal tells.

    Args:
        package: that is upgraded.
        service: its name.
        moves: the pins that move, files as seen from the service.
        installed: the version that the service has today, if known.
        target: the version it gets.
        changes: of the contracts between the two; None where one of them is not known.
        hits: the service's lines that the breaking changes concern.
        waivers: of the new contract, for the breaking changes that its authors agreed to.
        changelog: of the versions between, empty if there is none.
        notes: what else a reader should know, one sentence each.
    """

    package: str
    service: str
    moves: Sequence[Move]
    installed: Version | None
    target: Version
    changes: Sequence[Change] | None = None
    hits: Sequence[Hit] = ()
    waivers: Sequence[Waiver] = ()
    changelog: str = ""
    notes: Sequence[str] = ()


def title(facts: Facts) -> str:
    """One line, also the commit's subject."""
    return f"Upgrade {facts.package} to {facts.target}"


def summary(facts: Facts) -> str:
    """The commit's body: from, to, the breaking changes and the lines concerned."""
    lines = [f"{move.pin.file}: {move.pin.specifier} becomes {move.specifier}" for move in facts.moves]
    breaking = _of(facts.changes or (), Severity.BREAKING)
    if breaking:
        lines += ["", "Breaking changes of the contracts:"]
        lines += [f"- {_words(change, facts)}" for change in breaking]
    if facts.hits:
        lines += ["", "Lines of this service that they concern:"]
        lines += [f"- {hit.file}:{hit.line} {hit.symbol} ({hit.rule})" for hit in facts.hits]
    return "\n".join(lines)


def proposal(facts: Facts) -> str:
    """The whole proposal, as the text of a pull request."""
    sections = [
        f"# {title(facts)}",
        _verdict(facts),
        _pins(facts),
        _impact(facts),
        _contracts(facts),
        f"## Changelog\n\n{facts.changelog}" if facts.changelog else "",
        _verify(facts),
        "## Notes\n\n" + "\n".join(f"- {note}" for note in facts.notes) if facts.notes else "",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _verdict(facts: Facts) -> str:
    if facts.changes is None:
        return "**Unknown**: the contracts of the two versions could not be compared; read the changelog."
    broken, warned = (
        len({(hit.file, hit.line) for hit in facts.hits if hit.breaks is breaks}) for breaks in (True, False)
    )
    if broken:
        count = "1 line" if broken == 1 else f"{broken} lines"
        return f"**Needs a person**: {count} of this service use what breaks."
    later = f" {warned} line{'s use' if warned > 1 else ' uses'} a former name and will be warned."
    later = later if warned else ""
    if _of(facts.changes, Severity.BREAKING):
        return (
            f"**Looks safe**: the contracts break, but no line was found in this service that uses it.{later}"
        )
    return f"**Safe**: nothing breaks between the two versions.{later}"


def _pins(facts: Facts) -> str:
    before = f"{facts.installed}" if facts.installed is not None else "unknown"
    rows = [
        (f"{move.pin.file}:{move.pin.line}", f"`{move.pin.specifier}`", f"`{move.specifier}`")
        for move in facts.moves
    ]
    table = _table(("Pin", "From", "To"), rows)
    return f"## What changes here\n\nInstalled today: {before}. After the upgrade: {facts.target}.\n\n{table}"


def _impact(facts: Facts) -> str:
    if not facts.hits:
        return ""
    rows = [
        (f"{hit.file}:{hit.line}", _code(hit.symbol), hit.rule, _code(instead) if instead else "")
        for hit in facts.hits
        for instead in [hit.cause.instead]
    ]
    heading = "## Lines that break" if any(hit.breaks for hit in facts.hits) else "## Lines to change"
    words = (
        "Names in quotes are texts equal to a removed value; they may mean something else."
        if any(hit.symbol.startswith('"') for hit in facts.hits)
        else ""
    )
    return "\n\n".join(
        part for part in (heading, _table(("Line", "Uses", "Rule", "Write"), rows), words) if part
    )


def _contracts(facts: Facts) -> str:
    if facts.changes is None:
        return ""
    parts = ["## What changes in the contracts"]
    if not facts.changes:
        parts.append("Nothing.")
    for severity in sorted(Severity, reverse=True):
        chosen = _of(facts.changes, severity)
        if chosen:
            parts.append(f"### {_HEADINGS[severity]}")
            parts.append("\n".join(_item(change, facts) for change in chosen))
    return "\n\n".join(parts)


def _item(change: Change, facts: Facts) -> str:
    said = f"- {_words(change, facts)} ({change.rule})"
    if change.witness is None:
        return said
    old, new = facts.installed, facts.target
    accepts, rejects = (old, new) if change.witness.direction == "backward" else (new, old)
    payload = json.dumps(change.witness.payload, ensure_ascii=False)
    if len(payload) > MAX_PAYLOAD_CHARACTERS:
        payload = payload[:MAX_PAYLOAD_CHARACTERS] + " …"
    return f"{said}\n  {accepts} accepts and {rejects} rejects {_code(payload)}"


def _verify(facts: Facts) -> str:
    files = sorted({move.pin.file for move in facts.moves if move.pin.file.endswith(".txt")})
    pin = pin_of(facts.target)
    install = f'python -m pip install "{facts.package}{pin}"'
    again = "\n".join(f"python -m pip install -r {file}" for file in files if "constraint" not in file)
    return (
        "## How to verify\n\nInstall the new version into the service's environment, then run its tests and"
        " its type checker; both know the new names.\n\n```sh\n" + (again or install) + "\n```\n\n"
        f"Only the package: `{install}`"
    )


def _of(changes: Iterable[Change], severity: Severity) -> list[Change]:
    return [change for change in changes if change.severity is severity]


def _words(change: Change, facts: Facts) -> str:
    breaks = f" [{', '.join(change.breaks)}]" if change.breaks else ""
    agreed = (one for one in facts.waivers if (one.rule, one.element) == (change.rule, change.element))
    waived = next((f"; waived until {one.expires}: {one.reason}" for one in agreed), "")
    return f"{change.element}: {change.message}{breaks}{waived}"


def _code(text: str) -> str:
    """Text as inline code, whatever backticks it holds (CommonMark, section 6.1)."""
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
