"""Lint, pure: what is allowed and still surely not meant. Each finding has a rule id."""

from collections.abc import Collection, Mapping

from crucible_pipeline.contracts import (
    lint_former,
    lint_numbers,
    lint_states,
    lint_use,
    lint_values,
    lint_words,
)
from crucible_pipeline.contracts.lint_rule import Row, Rule, Subject
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.errors import Problem

RULES: tuple[Rule, ...] = (
    *lint_words.RULES,
    *lint_use.RULES,
    *lint_numbers.RULES,
    *lint_values.RULES,
    *lint_states.RULES,
    *lint_former.RULES,
)


def lint(contract: Contract) -> list[Problem]:
    """Every finding of every rule, sorted by place; those of severity `warning` decide nothing."""
    subject = Subject(contract)
    found = {problem for rule in RULES for problem in rule.problems(subject)}
    return sorted(found, key=lambda one: (one.mark.file, one.mark.line, one.mark.column, one.rule, one.what))


def pages() -> Mapping[str, Row]:
    """Id of a rule → what its page says; those that the loader holds are among them."""
    found = {rule.row.id: rule.row for rule in RULES}
    return found | {row.id: row for row in lint_values.FOUND_BY_THE_LOADER}


def pages_beside_releases() -> Mapping[str, Row]:
    """Likewise for what only a comparison with releases finds."""
    return {row.id: row for row in lint_former.BESIDE_RELEASES}


def idle_renames(contract: Contract, released: Collection[Contract]) -> list[Problem]:
    """The declared renames that every release of the line has behind it already; see `lint_former`."""
    return sorted(lint_former.idle_renames(contract, released))
