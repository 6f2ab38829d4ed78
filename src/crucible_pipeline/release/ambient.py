"""A CI job's own identity in place of a kept token: trusted publishing. Touches the network.

The index says for whom an identity token has to be made, the CI system makes it, and the index gives an
upload token for it. twine does this by itself only for the public index, so it is done here for twine.
"""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import id as identities

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.trust import trust
from crucible_pipeline.release.environment import TOKEN, credentials
from crucible_pipeline.release.target import Target

SECONDS = 30.0
# Where a job runs that may have an identity: GitHub and GitLab say so by these.
JOBS = ("GITHUB_ACTIONS", "GITLAB_CI")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def identified(environ: Mapping[str, str], target: Target) -> Mapping[str, str]:
    """The environment with an upload token for minutes, where a job has an identity and no credential.

    Args:
        environ: the caller's, which is this process's as far as the CI system's own variables go.
        target: the index; asked at the root of its host, as all clients of trusted publishing do.

    Returns:
        The same environment where there is a credential, no CI job, or an index without publishers.

    Raises:
        Refused: the index does not trust this job; the error holds its words.
        CannotDo: the CI system gives no identity token, or the index does not answer.
    """
    if credentials(environ) or target.login or not any(environ.get(name) for name in JOBS):
        return environ
    parts = urlsplit(target.upload_url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        return environ
    root = f"{parts.scheme}://{parts.netloc}/_/oidc"
    with httpx.Client(timeout=SECONDS, verify=trust()) as client:
        try:
            answer = client.get(f"{root}/audience")
            if answer.status_code in {httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN}:
                return environ
            identity = _identity(str(_document(answer)["audience"]))
            token = _document(client.post(f"{root}/mint-token", json={"token": identity}))["token"]
        except (httpx.HTTPError, KeyError) as error:
            raise CannotDo(
                f"the index at {parts.netloc} does not exchange the job's identity: {type(error).__name__}",
                "try again, or give a token in CRUCIBLE_TOKEN",
            ) from None
    return {**environ, TOKEN: str(token)}


def _identity(audience: str) -> str:
    try:
        identity = identities.detect_credential(audience)
    except identities.IdentityError as error:
        raise CannotDo(
            f"the CI system gives no identity token: {error}", "let the job have id-token: write"
        ) from None
    if identity is None:
        raise CannotDo(
            f"this job has no identity token for {audience}",
            "in GitLab name it in id_tokens of the job: crucible index publisher list says how",
        )
    return identity


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CannotDo(f"{answer.url} answers with status {answer.status_code} and no JSON", "try again")
    document = cast("dict[str, Any]", found)
    if answer.is_success:
        return document
    errors = document.get("errors")
    rows = cast("list[object]", errors) if isinstance(errors, list) else []
    found_rows = (cast("dict[str, object]", row) for row in rows if isinstance(row, dict))
    why = "; ".join(str(row.get("description")) for row in found_rows)
    raise Refused(
        f"the index does not trust this job: {(why or 'it does not say why')[:500]}",
        "compare the job with crucible index publisher list",
    )
