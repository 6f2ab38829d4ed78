"""The proposal: what an upgrade changes, what it breaks in this service, and how to verify it. Markdown."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from packaging.version import Version

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.report_markdown import code, table
from crucible_pipeline.contracts.waiver import Waiver
from crucible_pipeline.upgrade.impact import Hit
from crucible_pipeline.upgrade.markdown import harmless, harmless_lines
from crucible_pipeline.upgrade.target import Move
from crucible_pipeline.upgrade.trial import Trial
from crucible_pipeline.upgrade.verdict import Kind, verdict, why
from crucible_pipeline.version import Severity, pin_of

MAX_PAYLOAD_CHARACTERS = 2_000
_HEADINGS = {Severity.BREAKING: "Breaking", Severity.ADDITIVE: "Additive", Severity.NEUTRAL: "Neutral"}


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
        rewritten: those of them that were given their new names.
        waivers: of the new contract, for the breaking changes that its authors agreed to.
        changelog: of the versions between, empty if there is none.
        notes: what else a reader should know, one sentence each.
        trial: of the service's own tests with the new version; None where nobody asked for it.
        address: of the page that shows a line of a file; None where no forge shows it.
    """

    package: str
    service: str
    moves: Sequence[Move]
    installed: Version | None
    target: Version
    changes: Sequence[Change] | None = None
    hits: Sequence[Hit] = ()
    rewritten: Sequence[Hit] = ()
    waivers: Sequence[Waiver] = ()
    changelog: str = ""
    notes: Sequence[str] = ()
    trial: Trial | None = None
    address: Callable[[str, int], str] | None = None


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
        _changelog(facts),
        _trial(facts),
        _verify(facts),
        _notes(facts),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def review(facts: Facts) -> str:
    """What somebody else's proposal to move the pins means for the service, as the text of a comment."""
    before = facts.installed if facts.installed is not None else "an unknown version"
    sections = [
        f"## {facts.package}: from {before} to {facts.target}",
        _verdict(facts),
        _impact(facts),
        _contracts(facts),
        _changelog(facts),
        _notes(facts),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _changelog(facts: Facts) -> str:
    return f"## Changelog\n\n{harmless_lines(facts.changelog)}" if facts.changelog else ""


def _notes(facts: Facts) -> str:
    return "## Notes\n\n" + "\n".join(f"- {harmless(note)}" for note in facts.notes) if facts.notes else ""


def _verdict(facts: Facts) -> str:
    if facts.changes is None:
        return "**Unknown**: the contracts of the two versions could not be compared; read the changelog."
    judged = verdict(facts.hits)
    match judged.kind:
        case Kind.NEEDS_A_PERSON:
            left = [f"- {_place(hit, facts)}: {harmless(why(hit))}" for hit in judged.for_a_person]
            words = f"**Needs a person**: no rewriting is known for {_lines(judged.for_a_person)}."
            return "\n\n".join([words + _rewritten(facts), "\n".join(left)])
        case Kind.FIXABLE:
            words = (
                f"**Fixable**: a rewriting is known for {_lines(judged.fixable)}, and for all that breaks."
            )
            return words + _rewritten(facts)
        case Kind.SAFE if _of(facts.changes, Severity.BREAKING):
            return (
                "**Safe**: the contracts break, but no line was found in this service that uses what changes."
            )
        case Kind.SAFE:
            return "**Safe**: nothing breaks between the two versions."


def _rewritten(facts: Facts) -> str:
    if not facts.rewritten:
        return ""
    left = [hit for hit in verdict(facts.hits).fixable if hit not in facts.rewritten]
    by_hand = f"; {_lines(left)} could not be and is left to do by hand" if left else ""
    return f" The second commit has written the new names into {_lines(facts.rewritten)}{by_hand}."


def _lines(hits: Sequence[Hit]) -> str:
    count = len({(hit.file, hit.line) for hit in hits})
    return "1 line of this service" if count == 1 else f"{count} lines of this service"


def _place(hit: Hit, facts: Facts) -> str:
    shown = f"{hit.file}:{hit.line}"
    return f"[{_linked(shown)}]({facts.address(hit.file, hit.line)})" if facts.address is not None else shown


def _linked(text: str) -> str:
    return "".join(f"\\{one}" if one in "[]\\" else one for one in text)


def _pins(facts: Facts) -> str:
    before = f"{facts.installed}" if facts.installed is not None else "unknown"
    rows = [
        (f"{move.pin.file}:{move.pin.line}", f"`{move.pin.specifier}`", f"`{move.specifier}`")
        for move in facts.moves
    ]
    pins = table(("Pin", "From", "To"), rows)
    return f"## What changes here\n\nInstalled today: {before}. After the upgrade: {facts.target}.\n\n{pins}"


def _impact(facts: Facts) -> str:
    if not facts.hits:
        return ""
    rows = [
        (
            _place(hit, facts),
            code(hit.symbol),
            hit.rule,
            hit.tier.value,
            f"{code(instead) if instead else ''}{done}",
        )
        for hit in facts.hits
        for instead in [hit.cause.instead]
        for done in [" (written)" if hit in facts.rewritten else ""]
    ]
    heading = "## Lines that break" if any(hit.breaks for hit in facts.hits) else "## Lines to change"
    words = (
        "Names in quotes are texts equal to a removed value; they may mean something else."
        if any(hit.is_text for hit in facts.hits)
        else ""
    )
    return "\n\n".join(
        part for part in (heading, table(("Line", "Uses", "Rule", "Sure", "Write"), rows), words) if part
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
    return f"{said}\n  {accepts} accepts and {rejects} rejects {code(payload)}"


def _trial(facts: Facts) -> str:
    trial = facts.trial
    if trial is None:
        return ""
    what = f"{code(trial.command)}, in a clean environment with {facts.package} {facts.target}"
    reason = f": {harmless(trial.why)}" if trial.why else ""
    words = f"## Tests\n\n**{trial.result.value.capitalize()}**: {what}{reason}."
    # an indented block ends at nothing that the output may hold (CommonMark, section 4.4)
    block = "\n".join(f"    {line}" for line in trial.output.splitlines())
    return f"{words}\n\n{block}" if block.strip() else words


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
    return harmless(f"{change.element}: {change.message}{breaks}{waived}")
