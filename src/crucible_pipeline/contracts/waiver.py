"""A waiver as a value."""

from dataclasses import dataclass, field

from crucible_pipeline.errors import Mark


@dataclass(frozen=True, slots=True)
class Waiver:
    """A breaking change that was agreed to.

    Args:
        rule: id of the compatibility rule.
        element: as in the change.
        reason: why it is acceptable.
        expires: ISO date after which it no longer counts.
    """

    rule: str
    element: str
    reason: str
    expires: str
    mark: Mark = field(default=Mark("contract.json"), compare=False)
