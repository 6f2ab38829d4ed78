"""The pages of rules: of lint, of compatibility and of services."""

import difflib

from crucible_pipeline.cli.check_output import Format
from crucible_pipeline.compat.report import explanation
from crucible_pipeline.compat.report_page import AnyRow, page
from crucible_pipeline.compat.table import CONTRACT_RULES, SCHEMA_RULES
from crucible_pipeline.contracts.check import pages, pages_beside_releases
from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.literals import ROWS


def _groups() -> dict[str, tuple[AnyRow, ...]]:
    return {
        "Contracts by themselves": tuple(pages().values()),
        "Contracts beside their releases": tuple(pages_beside_releases().values()),
        "Changes of schemas": SCHEMA_RULES,
        "Changes of names, channels, states and constants": CONTRACT_RULES,
        "Texts in services": ROWS,
    }


def explanation_of(name: str, output: Format = Format.TEXT) -> str:
    """The page of a rule, or of every rule for `all`.

    Args:
        name: of the rule.
        output: Markdown, or text for every other form.

    Raises:
        Refused: there is no such rule.
    """
    groups = _groups()
    rows = {row.id: row for group in groups.values() for row in group}
    if name not in {"all", *rows}:
        close = difflib.get_close_matches(name, rows, n=1)
        todo = f"did you mean {close[0]}?" if close else f"there are {', '.join(rows)}"
        raise Refused(f"there is no rule {name!r}", todo)
    wanted = {heading: [row for row in group if name in {"all", row.id}] for heading, group in groups.items()}
    if output is Format.MARKDOWN:
        return page({heading: some for heading, some in wanted.items() if some})
    return "\n".join(explanation(row) for some in wanted.values() for row in some)
