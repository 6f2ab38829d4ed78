"""All rows."""

from crucible_pipeline.compat import (
    rules_bounds,
    rules_contract,
    rules_former,
    rules_objects,
    rules_states,
    rules_values,
    rules_words,
)
from crucible_pipeline.compat.rules_bounds import SchemaRule
from crucible_pipeline.compat.rules_contract import ContractRule

SCHEMA_RULES: tuple[SchemaRule, ...] = (
    *rules_values.RULES,
    *rules_objects.RULES,
    *rules_bounds.RULES,
    *rules_words.RULES,
)
CONTRACT_RULES: tuple[ContractRule, ...] = (
    *rules_contract.RULES,
    *rules_former.RULES,
    *rules_states.RULES,
)


def explained() -> dict[str, SchemaRule | ContractRule]:
    """Id of a row → the row, in the order in which the rows run."""
    found: dict[str, SchemaRule | ContractRule] = {rule.id: rule for rule in CONTRACT_RULES}
    return found | {rule.id: rule for rule in SCHEMA_RULES}


# What breaks though no other row says how.
UNDECIDED_RULE = next(rule for rule in SCHEMA_RULES if rule.id == "schema-changed")
