"""Another index as a test wants it: it answers from a table, right or wrong, and keeps what it was asked."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from crucible_pipeline.index.negotiate import JSON
from index.distributions import Dist, metadata
from index.loopback import answering


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Elsewhere:
    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def simple_url(self) -> str:
        return f"{self.url}simple/"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def offer(self, *dists: Dist, **more: object) -> None:
        """A project's JSON page with these files; `more` goes into each row."""
        rows = []
        for dist in dists:
            beside = metadata(dist.name, dist.version)
            rows.append(
                {
                    "filename": dist.filename,
                    "url": f"/packages/{dist.filename}",
                    "hashes": {"sha256": hashlib.sha256(dist.content).hexdigest()},
                    "size": len(dist.content),
                    "core-metadata": {"sha256": hashlib.sha256(beside).hexdigest()},
                    **more,
                }
            )
            self.answers[f"/packages/{dist.filename}"] = Answer(dist.content)
            self.answers[f"/packages/{dist.filename}.metadata"] = Answer(beside)
        page = {"meta": {"api-version": "1.1"}, "name": dists[0].name, "versions": ["1.0"], "files": rows}
        self.say(dists[0].name, page)

    def say(self, name: str, page: object) -> None:
        body = json.dumps(page).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        self.answers[f"/simple/{name}/"] = Answer(body, headers={"Content-Type": JSON, "ETag": etag})


@contextlib.contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    found = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, dict(self.headers)))
            answer = found.answers.get(self.path, Answer(b"no such page", 404))
            held = self.headers.get("If-None-Match")
            if held is not None and held == answer.headers.get("ETag"):
                answer = Answer(b"", 304, answer.headers)
            self.send_response(answer.status)
            headers = {"Content-Length": str(len(answer.body)), **answer.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    with answering(Handler) as url:
        found.url = f"{url}/"
        yield found
