"""What a change of the contracts breaks in services, as text, JSON, Markdown and annotations. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.report_github import annotation
from crucible_pipeline.compat.report_markdown import code, plain, table
from crucible_pipeline.compat.report_words import one_line
from crucible_pipeline.upgrade.impact import Hit
from crucible_pipeline.upgrade.verdict import verdict, why

# A pull request's annotation and its summary hold so much and no more.
_MOST_LINES = 20
_MOST_ROWS = 500
_A_TEXT = "a text equal to it; it may mean something else"


@dataclass(frozen=True, slots=True)
class Service:
    """One service that was looked at.

    Args:
        name: of its folder.
        folder: what stands before its files so that a reader finds them; empty for the working directory.
        hits: the lines that break, and those that use a name which has a new one.
        error: why it could not be looked at; None if it was.
    """

    name: str
    folder: str = ""
    hits: Sequence[Hit] = ()
    error: str | None = None

    def place(self, hit: Hit) -> str:
        """File and line as a terminal makes a link of them."""
        return f"{self.folder}/{hit.file}:{hit.line}" if self.folder else f"{hit.file}:{hit.line}"


@dataclass(frozen=True, slots=True)
class Report:
    """What `crucible impact` found.

    Args:
        package: name of the distribution.
        base: what the contracts were compared with; None if nothing is released.
        services: in the order given.
    """

    package: str
    base: str | None
    services: Sequence[Service]

    @property
    def exit_code(self) -> int:
        """2 if a service could not be looked at, else 1 if a line breaks, else 0; a warning is no break."""
        if any(service.error is not None for service in self.services):
            return 2
        return int(any(hit.breaks for service in self.services for hit in service.hits))


def as_json(report: Report) -> dict[str, Any]:
    """The document of `crucible impact --format json`."""
    return {
        "package": report.package,
        "base": report.base,
        "services": [
            {
                "service": service.name,
                "impact": [hit.as_json() for hit in service.hits],
                "error": service.error,
                "verdict": None if service.error is not None else verdict(service.hits).kind.value,
                "for_a_person": [
                    {"file": hit.file, "line": hit.line, "why": why(hit)}
                    for hit in verdict(service.hits).for_a_person
                ],
            }
            for service in report.services
        ],
    }


def as_text(report: Report) -> str:
    """As a compiler prints it: each line, why it breaks, and what to write instead."""
    blocks = [_block(service, hit) for service in report.services for hit in service.hits]
    return "\n".join([*blocks, f"{summary(report)}\n"])


def _block(service: Service, hit: Hit) -> str:
    change, margin = hit.cause.change, " " * len(str(hit.line))
    lines = [
        f"{_level(hit)}[{hit.rule}]: {one_line(hit.symbol)} ({hit.tier.value})",
        f"{margin}--> {one_line(service.place(hit))}",
        f"{margin} |",
        f"{hit.line} | {one_line(hit.text)}".rstrip(),
        f"{margin} | {_caret(hit)}".rstrip(),
        f"{margin} = because: {one_line(f'{change.element}: {change.message}')}",
        f"{margin}   {change.mark}",
    ]
    if hit.symbol.startswith('"'):
        lines.append(f"{margin} = note: {_A_TEXT}")
    if hit.cause.instead:
        lines.append(f"{margin} = help: write {hit.cause.instead}")
    return "\n".join(lines) + "\n"


def _level(hit: Hit) -> str:
    return "error" if hit.breaks else "warning"


def _caret(hit: Hit) -> str:
    """Below the name; of one that stands elsewhere, below as much of the symbol as the line shows."""
    text, span = one_line(hit.text), hit.span
    if span.line == span.end_line and span.column < span.end_column and text == hit.text:
        return " " * span.column + "^" * (span.end_column - span.column)
    bare = hit.symbol.strip('"')
    for part in (hit.symbol, bare, bare.rpartition(".")[2], bare.partition(".")[0]):
        if part and part in text:
            return " " * text.index(part) + "^" * len(part)
    return ""


def summary(report: Report) -> str:
    """One line for each service, and one for all; no newline at the end."""
    if report.base is None:
        lines = [f"{report.package} has no release to be compared with yet; nothing can break."]
    else:
        lines = [f"{service.name}: {_said(service)}" for service in report.services if service.error is None]
    lines += [f"{service.name}: {service.error}" for service in report.services if service.error is not None]
    return "\n".join(lines)


def _said(service: Service) -> str:
    broken = [hit for hit in service.hits if hit.breaks]
    warned = [hit for hit in service.hits if not hit.breaks]
    said = _counted(broken, "breaks", "break") if broken else "no line breaks"
    more = f"; {_counted(warned, 'is warned', 'are warned')}" if warned else ""
    return f"{verdict(service.hits).kind.value}: {said}{more}"


def _counted(hits: Sequence[Hit], one: str, many: str) -> str:
    lines, files = len({(hit.file, hit.line) for hit in hits}), len({hit.file for hit in hits})
    return f"{lines} line{f's {many}' if lines > 1 else f' {one}'} in {files} file{'s' if files > 1 else ''}"


def as_github(report: Report) -> str:
    """Workflow commands for a pull request of the contracts: each at the line that breaks a service."""
    lines: list[str] = []
    for service in report.services:
        if service.error is not None:
            lines.append(annotation("error", None, f"{service.name} could not be looked at", service.error))
        for change, hits in _by_change(service):
            shown = [f"{service.place(hit)} {hit.symbol}{_instead(hit)}" for hit in hits[:_MOST_LINES]]
            if len(hits) > _MOST_LINES:
                shown.append(f"and {len(hits) - _MOST_LINES} more")
            does = "breaks" if hits[0].breaks else "warns"
            title = f"{change.rule} {does} {len(hits)} line{'s' if len(hits) > 1 else ''} of {service.name}"
            said = "\n".join([f"{change.element}: {change.message}", *shown])
            lines.append(annotation(_level(hits[0]), change.mark, title, said))
    return "".join([*lines, f"{summary(report)}\n"])


def _instead(hit: Hit) -> str:
    return f" (write {hit.cause.instead})" if hit.cause.instead else ""


def _by_change(service: Service) -> list[tuple[Change, list[Hit]]]:
    found: dict[int, tuple[Change, list[Hit]]] = {}
    for hit in service.hits:
        found.setdefault(id(hit.cause.change), (hit.cause.change, []))[1].append(hit)
    return list(found.values())


def as_markdown(report: Report) -> str:
    """For the summary of a workflow run, a comment or a proposal."""
    since = f" since {report.base}" if report.base is not None else ""
    return "\n\n".join([f"## What {report.package} breaks{since}", *_sections(report)]) + "\n"


def _sections(report: Report) -> Iterator[str]:
    if report.base is None:
        yield plain(summary(report))
        return
    rows = [
        (code(service.name), plain(service.error if service.error is not None else _said(service)))
        for service in report.services
    ]
    yield table(("Service", "Outcome"), rows)
    for service in report.services:
        if service.hits:
            yield f"### {plain(service.name)}"
            yield table(
                ("Line", "Uses", "How sure", "Because", "Write"), map(_row, service.hits[:_MOST_ROWS])
            )
        if len(service.hits) > _MOST_ROWS:
            yield f"and {len(service.hits) - _MOST_ROWS} more."
    if any(hit.symbol.startswith('"') for service in report.services for hit in service.hits):
        yield "Names in quotes are texts equal to what is gone; they may mean something else."


def _row(hit: Hit) -> Sequence[str]:
    change = hit.cause.change
    because = f"{code(change.element)}: {plain(change.message)} ({hit.rule})"
    return (
        code(f"{hit.file}:{hit.line}"),
        code(hit.symbol),
        hit.tier.value,
        because,
        code(hit.cause.instead) if hit.cause.instead else "",
    )
