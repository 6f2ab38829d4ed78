"""What the evidence says is what the generated models of both versions really do."""

from dataclasses import replace

from compat.pairs_of import NAMES, one_side
from crucible_pipeline.cli.models import models
from crucible_pipeline.compat.change import Witness
from crucible_pipeline.compat.confirm import by_schema, confirmed, type_of
from crucible_pipeline.compat.diff import diff


def test_both_versions_models_judge_every_payload_of_every_pair_differently() -> None:
    asked = 0
    with models() as oracle:
        for name in NAMES:
            old, new = one_side(name, "old"), one_side(name, "new")
            changes = diff(old, new)
            assert list(confirmed(changes, old, new, by_schema)) == changes, name
            if any(
                one.witness and type_of(one) in old.types and type_of(one) in new.types for one in changes
            ):
                assert list(confirmed(changes, old, new, oracle)) == changes, name
                asked += 1
    assert asked > 40


def test_a_payload_that_the_models_judge_alike_is_no_evidence() -> None:
    old, new = one_side("maximum-lowered", "old"), one_side("maximum-lowered", "new")
    (change,) = [one for one in diff(old, new) if one.witness]
    wrong = replace(change, witness=Witness("backward", "no order at all"))
    with models() as oracle:
        (told,) = confirmed([wrong], old, new, oracle)
    assert told.witness is None
    assert "do not tell the payload apart" in told.message
