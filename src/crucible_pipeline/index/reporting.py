"""Tells an index over HTTP what a service pins; `pinning` is the other end."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import httpx

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.trust import trust

TIMEOUT_SECONDS = 30.0
MAX_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade of a service would be.

    Args:
        target: the release.
        verdict: one of `pins.VERDICTS`.
    """

    target: str
    verdict: str


def send(
    simple_url: str,
    token: str,
    service: str,
    repository: str,
    pins: Mapping[str, str | None],
    *,
    upgrade: Upgrade | None = None,
) -> None:
    """Send a service's report.

    Args:
        simple_url: of the index's simple API; the report goes beside it.
        token: one that allows `pins`.
        service: its name.
        repository: the web address of its source; empty for none.
        pins: project → specifier; None where the service requires the project no more.
        upgrade: of the service to another release of these; None where none was judged.

    Raises:
        Refused: the index takes it not; it says why.
        CannotDo: the index does not answer.
    """
    judged = asdict(upgrade) if upgrade is not None else {}
    document = {
        "service": service,
        "repository": repository,
        "pins": [
            {"project": project, "specifier": specifier, **judged} for project, specifier in pins.items()
        ],
    }
    url = f"{simple_url.rstrip('/').removesuffix('/simple')}/pins"
    try:
        answer = httpx.post(
            url,
            json=document,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            verify=trust(),
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CannotDo(f"the index does not answer: {type(error).__name__}", "look at --index-url") from None
    if answer.is_success:
        return
    said = " ".join(answer.text.split())[:MAX_SHOWN] or f"status {answer.status_code}"
    if answer.is_client_error:
        raise Refused(f"the index does not take the report: {said}")
    raise CannotDo(f"the index cannot take the report: {said}", "try again later")
