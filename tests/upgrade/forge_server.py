"""A small forge over HTTP: the paths of GitHub's, GitLab's and Gitea's REST APIs that are used, and git."""

import json
import re
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from index.loopback import answering
from upgrade.forge_world import PROJECT, READ_ONLY, TOKEN, Pull, World

ROOTS = {"github": "/api/v3", "gitlab": "/api/v4", "gitea": "/api/v1"}
OWNER = PROJECT.partition("/")[0]
TOKEN_NAMES = {"github": "GITHUB_TOKEN", "gitlab": "GITLAB_TOKEN", "gitea": "GITEA_TOKEN"}


@dataclass(frozen=True)
class Request:
    """A request to the API, and the world that it meets."""

    world: World
    url: str
    query: dict[str, str]
    body: dict[str, Any]
    parts: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        return self.url.partition("/api/")[0]

    @property
    def pull(self) -> Pull:
        return self.world.pulls[int(self.parts[0]) - 1]


Answer = tuple[int, Any]
Route = tuple[str, str, Callable[[Request], Answer]]


def github(world: World, pull: Pull, url: str) -> dict[str, Any]:
    home = f"{OWNER if not pull.fork else 'stranger'}/{PROJECT.partition('/')[2]}"
    return {
        "number": pull.number,
        "html_url": f"{url}/{PROJECT}/pull/{pull.number}",
        "state": "open" if pull.state == "open" else "closed",
        "merged_at": "2026-01-01T00:00:00Z" if pull.state == "merged" else None,
        "title": pull.title,
        # an editor in a browser sends these line ends
        "body": pull.body.replace("\n", "\r\n"),
        "labels": [{"name": name} for name in pull.labels],
        "head": {"ref": pull.branch, "sha": pull.commit, "repo": {"full_name": home}},
        "base": {"ref": pull.base, "sha": world.tip(pull.base), "repo": {"full_name": PROJECT}},
    }


def gitlab(world: World, pull: Pull, url: str) -> dict[str, Any]:
    said = world.checks.get(pull.commit)
    states = {"open": "opened"}
    pipeline = {"status": "success" if said and set(said) == {"success"} else "failed", "sha": pull.commit}
    return {
        "iid": pull.number,
        "id": pull.number + 1000,
        "web_url": f"{url}/{PROJECT}/-/merge_requests/{pull.number}",
        "state": states.get(pull.state, pull.state),
        "title": pull.title,
        "description": pull.body.rstrip(),
        "labels": pull.labels,
        "source_branch": pull.branch,
        "target_branch": pull.base,
        "sha": pull.commit,
        "source_project_id": 8 if pull.fork else 7,
        "target_project_id": 7,
        "head_pipeline": pipeline if said else None,
    }


def gitea(world: World, pull: Pull, url: str) -> dict[str, Any]:
    return {
        "id": pull.number + 1000,
        "number": pull.number,
        "html_url": f"{url}/{PROJECT}/pulls/{pull.number}",
        "state": "open" if pull.state == "open" else "closed",
        "merged": pull.state == "merged",
        "mergeable": pull.state == "open",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "title": pull.title,
        "body": pull.body,
        "labels": [{"id": world.labels.index(name) + 1, "name": name} for name in pull.labels],
        "head": {
            "ref": pull.branch,
            "label": pull.branch,
            "sha": pull.commit,
            "repo_id": 8 if pull.fork else 7,
            "repo": {"full_name": "stranger/fork" if pull.fork else PROJECT},
        },
        "base": {"ref": pull.base, "sha": world.tip(pull.base), "repo_id": 7},
    }


Shape = Callable[[World, Pull, str], dict[str, Any]]


def shown(shape: Shape, request: Request, status: int = 200) -> Answer:
    request.world.refresh()
    return status, shape(request.world, request.pull, request.home)


def listed(shape: Shape) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        world, asked = request.world, request.query
        world.refresh()
        found = [shape(world, one, request.home) for one in reversed(world.pulls)]
        if asked.get("state", "all") != "all":
            found = [one for one in found if one["state"] == asked["state"]]
        if "head" in asked:
            found = [one for one in found if asked["head"] == f"{OWNER}:{one['head']['ref']}"]
        if "source_branch" in asked:
            found = [one for one in found if one["source_branch"] == asked["source_branch"]]
        return 200, found

    return answer


def opened(shape: Shape, names: tuple[str, str, str], taken: int) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        body, (branch, base, text) = request.body, names
        pull = Pull(0, body[branch], body[base], body["title"], body.get(text, ""))
        pull.labels = labels_in(request)
        why = request.world.open(pull)
        if why:
            return (taken if why.startswith("another") else 422), {"message": why}
        return shown(shape, replace(request, parts=(str(pull.number),)), 201)

    return answer


def labels_in(request: Request) -> list[str]:
    said = request.body.get("labels", [])
    if isinstance(said, str):
        return [one for one in said.split(",") if one]
    return [one if isinstance(one, str) else request.world.labels[one - 1] for one in said]


def edited(shape: Shape, text: str) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        pull, body = request.pull, request.body
        pull.title = body.get("title", pull.title)
        pull.body = body.get(text, pull.body)
        if body.get("state") == "closed" or body.get("state_event") == "close":
            pull.state = "closed"
        if "labels" in body:
            request.world.set_labels(pull, labels_in(request))
        return shown(shape, request)

    return answer


def labelled(request: Request) -> Answer:
    request.world.set_labels(request.pull, labels_in(request))
    return 200, [{"name": name} for name in request.pull.labels]


def all_labels(request: Request) -> Answer:
    return 200, [{"id": number, "name": name} for number, name in enumerate(request.world.labels, 1)]


def new_label(request: Request) -> Answer:
    request.world.labels.append(request.body["name"])
    return 201, {"id": len(request.world.labels), "name": request.body["name"]}


def comments(request: Request) -> Answer:
    found = (one for one in request.world.comments if one.pull == int(request.parts[0]))
    return 200, [{"id": one.identity, "body": one.body, "system": False} for one in found]


def commented(request: Request) -> Answer:
    said = request.world.say(int(request.parts[0]), request.body["body"])
    return 201, {"id": said.identity, "body": said.body}


def comment_edited(request: Request) -> Answer:
    (said,) = (one for one in request.world.comments if one.identity == int(request.parts[-1]))
    said.body = request.body["body"]
    return 200, {"id": said.identity, "body": said.body}


def merged(request: Request) -> Answer:
    request.world.refresh()
    commit = request.body.get("sha") or request.body.get("head_commit_id") or ""
    status = request.world.merge(request.pull, commit)
    return status, {"message": "merged" if status == 200 else "it cannot be merged"}


def runs(request: Request) -> Answer:
    said = request.world.checks.get(request.parts[0], [])
    return 200, {"total_count": len(said), "check_runs": [{"conclusion": one} for one in said]}


def status_of(request: Request) -> Answer:
    said = request.world.checks.get(request.parts[0], []) if "/v1" in request.url else []
    state = "success" if said and set(said) == {"success"} else "pending"
    return 200, {"state": state, "total_count": len(said), "statuses": [{"status": one} for one in said]}


ANY = r"([^/]+)"
R = f"/repos/{PROJECT}"
P = f"/projects/{PROJECT.replace('/', '%2F')}"
REPOSITORY: list[Route] = [
    ("GET", f"{R}/issues/{ANY}/comments", comments),
    ("POST", f"{R}/issues/{ANY}/comments", commented),
    ("PATCH", f"{R}/issues/comments/{ANY}", comment_edited),
    ("PUT", f"{R}/issues/{ANY}/labels", labelled),
    ("GET", f"{R}/commits/{ANY}/status", status_of),
]
ROUTES: dict[str, list[Route]] = {
    "github": [
        *REPOSITORY,
        ("GET", f"{R}/pulls", listed(github)),
        ("POST", f"{R}/pulls", opened(github, ("head", "base", "body"), 422)),
        ("PATCH", f"{R}/pulls/{ANY}", edited(github, "body")),
        ("PUT", f"{R}/pulls/{ANY}/merge", merged),
        ("GET", f"{R}/commits/{ANY}/check-runs", runs),
    ],
    "gitlab": [
        ("GET", f"{P}/merge_requests", listed(gitlab)),
        (
            "POST",
            f"{P}/merge_requests",
            opened(gitlab, ("source_branch", "target_branch", "description"), 409),
        ),
        ("GET", f"{P}/merge_requests/{ANY}", lambda request: shown(gitlab, request)),
        ("PUT", f"{P}/merge_requests/{ANY}", edited(gitlab, "description")),
        ("PUT", f"{P}/merge_requests/{ANY}/merge", merged),
        ("GET", f"{P}/merge_requests/{ANY}/notes", comments),
        ("POST", f"{P}/merge_requests/{ANY}/notes", commented),
        ("PUT", f"{P}/merge_requests/{ANY}/notes/{ANY}", comment_edited),
    ],
    "gitea": [
        *REPOSITORY,
        ("GET", f"{R}/pulls", listed(gitea)),
        ("POST", f"{R}/pulls", opened(gitea, ("head", "base", "body"), 409)),
        ("PATCH", f"{R}/pulls/{ANY}", edited(gitea, "body")),
        ("POST", f"{R}/pulls/{ANY}/merge", merged),
        ("GET", f"{R}/pulls/{ANY}", lambda request: shown(gitea, request)),
        ("GET", f"{R}/labels", all_labels),
        ("POST", f"{R}/labels", new_label),
    ],
}


class Handler(BaseHTTPRequestHandler):
    """One request: to git, or to one of the three APIs."""

    world: World
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def answer(self) -> None:
        given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(f"/{PROJECT}.git/"):
            return self.git(given)
        url = urlsplit(self.path)
        kind = next((one for one, root in ROOTS.items() if url.path.startswith(f"{root}/")), "")
        path = url.path.removeprefix(ROOTS.get(kind, ""))
        self.world.asked.append((self.command, path))
        self.world.sent.append(dict(self.headers.items()))
        fault = self.world.fault(self.command)
        if fault is not None:
            return self.send(fault.status, fault.body, fault.headers)
        refused = self.refused(kind)
        if refused:
            return self.send(refused, b'{"message": "Not this token"}')
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        request = Request(self.world, f"{self.home}{ROOTS[kind]}", query, json.loads(given or b"{}"))
        for method, pattern, route in ROUTES[kind]:
            match = re.fullmatch(pattern, path)
            if match is not None and method == self.command:
                parts = tuple(unquote(part) for part in match.groups())
                return self.document(*route(replace(request, parts=parts)), query)
        return self.send(404, b'{"message": "Not Found"}')

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815

    @property
    def home(self) -> str:
        return f"http://{self.headers['Host']}"

    def refused(self, kind: str) -> int:
        said = self.headers.get("PRIVATE-TOKEN" if kind == "gitlab" else "Authorization", "")
        token = said.partition(" ")[2] if kind != "gitlab" else said
        if token == READ_ONLY:
            return 0 if self.command == "GET" else 403
        return 0 if token == TOKEN else 401

    def document(self, status: int, document: Any, query: dict[str, str]) -> None:
        headers: dict[str, str] = {}
        if isinstance(document, list) and "page" in query:
            size = min(self.world.page, int(query.get("per_page") or query["limit"]))
            page = int(query["page"])
            if len(document) > page * size:
                headers["Link"] = f'<{self.home}/elsewhere?page={page + 1}>; rel="next"'
            document = document[(page - 1) * size : page * size]
        self.send(status, json.dumps(document).encode(), headers)

    def send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def git(self, given: bytes) -> None:
        """Git's own CGI program, git-http-backend(1)."""
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": "/usr/bin:/bin",
            "GIT_PROJECT_ROOT": str(self.world.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "somebody",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], env=environment, input=given, capture_output=True, check=True
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
        self.send(int(headers.pop("Status", "200").split()[0]), body, headers)


@contextmanager
def serving(world: World) -> Generator[str]:
    """Serve a forge; yields its address."""
    handler = type("HandlerOfOneWorld", (Handler,), {"world": world})
    with answering(handler) as url:
        yield url
