"""Pull requests on GitHub, or a server that speaks its REST API (version 2022-11-28)."""

import re
from dataclasses import dataclass, field
from typing import Any, cast

import httpx

from crucible_pipeline.errors import CannotDo

TIMEOUT_SECONDS = 30.0
# GitHub refuses a longer text.
MAX_BODY_CHARACTERS = 65_000
_REMOTE = re.compile(
    r"(?:[a-z+]+://(?:[^@/]*@)?(?P<host>[^/:]+)(?::\d+)?/|(?:[^@/]+@)?(?P<ssh>[^/:]+):)"
    r"(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?/?"
)


@dataclass(frozen=True, slots=True)
class Forge:
    """Where pull requests are opened.

    Args:
        token: may write pull requests; shown nowhere.
        api: its root, such as https://git.example/api/v3; told from the remote's address if empty.
    """

    token: str = field(repr=False)
    api: str = ""


def propose(forge: Forge, remote: str, branch: str, base: str, text: tuple[str, str]) -> str:
    """Open a pull request for a pushed branch, or bring the open one up to date.

    Args:
        forge: where.
        remote: address of the repository as git has it.
        branch: with the upgrade.
        base: to merge into.
        text: title and body.

    Returns:
        The pull request's address.

    Raises:
        CannotDo: the remote is no repository of a forge, or the forge refuses or cannot be reached.
    """
    host, owner, name = _parts(remote)
    root = forge.api or ("https://api.github.com" if host == "github.com" else f"https://{host}/api/v3")
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {forge.token}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    title, body = text[0], text[1][:MAX_BODY_CHARACTERS]
    path = f"{root.rstrip('/')}/repos/{owner}/{name}/pulls"
    with httpx.Client(headers=headers, timeout=TIMEOUT_SECONDS) as client:
        query = {"head": f"{owner}:{branch}", "base": base, "state": "open"}
        found = _ask(client, "GET", path, params=query)
        if not isinstance(found, list):
            raise CannotDo(f"the forge at {host} answers the list of pull requests with none")
        if not found:
            made = _ask(
                client, "POST", path, json={"title": title, "body": body, "head": branch, "base": base}
            )
            return _address(made, host)
        there = cast("list[dict[str, Any]]", found)[0]
        if (there.get("title"), there.get("body")) != (title, body):
            _ask(client, "PATCH", f"{path}/{there.get('number')}", json={"title": title, "body": body})
        return _address(there, host)


def _parts(remote: str) -> tuple[str, str, str]:
    match = _REMOTE.fullmatch(remote)
    if match is None:
        raise CannotDo(
            "the remote is no repository of a forge, so no pull request can be opened",
            "push with --push and open it by hand",
        )
    return match["host"] or match["ssh"], match["owner"], match["name"]


def _ask(client: httpx.Client, method: str, url: str, **more: Any) -> Any:
    try:
        answer = client.request(method, url, **more)
    except httpx.HTTPError as error:
        raise CannotDo(f"the forge does not answer: {error}", "the branch is pushed; run it again") from None
    if answer.is_success:
        try:
            return answer.json()
        except ValueError:
            raise CannotDo("the forge answers with no JSON", "look at its address") from None
    todo = {
        401: "give a valid token in GITHUB_TOKEN",
        403: "give a token that may write pull requests",
        404: "give a token that may see the repository",
    }.get(answer.status_code, "the branch is pushed; open the pull request by hand")
    raise CannotDo(f"the forge answers {method} with status {answer.status_code}", todo)


def _address(pull_request: Any, host: str) -> str:
    try:
        return str(pull_request["html_url"])
    except (KeyError, TypeError):
        raise CannotDo(f"the forge at {host} names no address of the pull request") from None
