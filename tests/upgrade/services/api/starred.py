from crucible_shared import *
from crucible_shared.limits import DEFAULT_MEMORY_MB  # breaks: constant-removed

SIZE = DEFAULT_MEMORY_MB  # breaks: constant-removed
STATE = EvaluationStatus.QUEUED  # breaks: enum-value-removed
ALIAS = EvaluationStatus
HELD = ALIAS.QUEUED  # breaks: enum-value-removed
SHOWN = STATE.value, HELD.name


class Mine(EvaluationRequest):
    """A request of our own."""

    note: str = ""


async def run(client) -> None:
    mine = Mine(code="1", language="python", timeout=3)  # breaks: property-renamed
    print(mine.timeout, mine.note)  # breaks: property-renamed
    lazy = lambda item: EvaluationRequest(code=item, language="x", timeout=1)  # breaks: property-renamed
    print(lazy)

    def make() -> EvaluationRequest:
        return Mine(code="1", language="x")

    print(make().timeout)  # breaks: property-renamed
    async for item in client:
        print(item.timeout)


def rebound() -> None:
    EvaluationStatus = make_enum()
    print(EvaluationStatus.QUEUED)


def reassigned(request: EvaluationRequest) -> None:
    request = request.code
    print(request.timeout)
