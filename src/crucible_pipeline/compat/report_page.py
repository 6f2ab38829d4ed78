"""The page of all rules, as one Markdown document made from their rows. Pure."""

from collections.abc import Iterable, Mapping

from crucible_pipeline.compat.report_markdown import code, plain
from crucible_pipeline.compat.rules_bounds import SchemaRule
from crucible_pipeline.compat.rules_contract import ContractRule
from crucible_pipeline.contracts.lint_rule import Row

AnyRow = SchemaRule | ContractRule | Row


def page(groups: Mapping[str, Iterable[AnyRow]]) -> str:
    """One section for each group and one for each rule in it, by name; ends with a newline.

    Args:
        groups: heading → rows.
    """
    parts = ["# Rules"]
    for heading, rows in groups.items():
        parts.append(f"## {heading}")
        parts += [_section(row) for row in sorted(rows, key=lambda row: row.id)]
    return "\n\n".join(parts) + "\n"


def _section(row: AnyRow) -> str:
    if isinstance(row, Row):
        first = f"Severity: {row.severity}."
    elif row.breaks:
        first = f"May break: {', '.join(row.breaks)}."
    else:
        first = f"Breaks nothing: {row.otherwise.name.lower()}."
    return f"### {code(row.id)}\n\n{first}\n\n{plain(row.why)}\n\n**What to do:** {plain(row.todo)}."
