"""The pages of rules: of lint, of compatibility and of services."""

import difflib
from collections.abc import Mapping

from crucible_pipeline.compat.report import explanation
from crucible_pipeline.compat.rules_bounds import SchemaRule
from crucible_pipeline.compat.rules_contract import ContractRule
from crucible_pipeline.compat.table import explained
from crucible_pipeline.contracts.check import pages
from crucible_pipeline.contracts.lint_rule import Row
from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.literals import ROWS


def explanation_of(name: str) -> str:
    """The page of a rule, or of every rule for `all`.

    Raises:
        Refused: there is no such rule.
    """
    rows: Mapping[str, Row | SchemaRule | ContractRule] = {
        **pages(),
        **explained(),
        **{row.id: row for row in ROWS},
    }
    if name == "all":
        return "\n".join(explanation(row) for row in rows.values())
    if name in rows:
        return explanation(rows[name])
    close = difflib.get_close_matches(name, rows, n=1)
    raise Refused(
        f"there is no rule {name!r}", f"did you mean {close[0]}?" if close else f"there are {', '.join(rows)}"
    )
