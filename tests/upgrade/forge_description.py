"""GitHub's own description of its API, cut to the paths in use; and Prism, which holds requests to it."""

import contextlib
import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

from index.seaweed import free_ports
from node_programs import installed, serving

LOCK = Path(__file__).parent / "descriptions"
_R = "/repos/{owner}/{repo}"
USED = {
    f"{_R}/pulls": ("get", "post"),
    f"{_R}/pulls/{{pull_number}}": ("patch",),
    f"{_R}/pulls/{{pull_number}}/merge": ("put",),
    f"{_R}/issues/{{issue_number}}/labels": ("put",),
    f"{_R}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{_R}/issues/comments/{{comment_id}}": ("patch",),
    f"{_R}/commits/{{ref}}/check-runs": ("get",),
    f"{_R}/commits/{{ref}}/status": ("get",),
}


def cut(description: dict[str, Any]) -> dict[str, Any]:
    """The operations in use with all they refer to; of the answers, which our forge makes, the statuses."""
    paths: dict[str, Any] = {}
    for path, methods in USED.items():
        whole = description["paths"][path]
        paths[path] = {method: _operation(whole[method]) for method in methods}
    kept: dict[str, Any] = {"openapi": description["openapi"], "info": description["info"], "paths": paths}
    components: dict[str, dict[str, Any]] = {}
    pending = _references(paths)
    while pending:
        reference = pending.pop()
        _, _, kind, name = reference.split("/")
        if name in components.setdefault(kind, {}):
            continue
        components[kind][name] = description["components"][kind][name]
        pending |= _references(components[kind][name])
    return kept | {"components": components}


def _operation(whole: dict[str, Any]) -> dict[str, Any]:
    answers = {status: {"description": "As GitHub describes it."} for status in whole["responses"]}
    return {key: value for key, value in whole.items() if not key.startswith("x-")} | {"responses": answers}


def _references(document: object) -> set[str]:
    if isinstance(document, dict):
        items = cast("dict[str, object]", document)
        own = items.get("$ref")
        found = {own} if isinstance(own, str) else set[str]()
        return found.union(*(_references(value) for value in items.values()))
    if isinstance(document, list):
        return set[str]().union(*(_references(value) for value in cast("list[object]", document)))
    return set()


@contextlib.contextmanager
def holding_to_it(upstream: str, folder: Path) -> Generator[str]:
    """`prism proxy --errors` in front of a forge; yields its address."""
    modules = installed(LOCK)
    whole = modules / "@octokit" / "openapi" / "generated" / "api.github.com.json"
    document = folder / "github.json"
    document.write_text(json.dumps(cut(json.loads(whole.read_text()))))
    (port,) = free_ports(1)
    argv = ["node", str(modules / ".bin" / "prism"), "proxy", "--errors", "--port", str(port)]
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    url = f"http://127.0.0.1:{port}"
    with serving([*argv, str(document), upstream], f"{url}/nothing", folder / "prism.log", clean):
        yield url
