"""Load on an index: requests a second of a page, and how long uploads take."""

import http.client
import re
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from index.distributions import Dist, fields

# What pip sends.
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
HEADERS = {"Accept": ACCEPT, "Accept-Encoding": "identity", "User-Agent": "pip/26.2"}
CONNECTIONS = 16
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Side:
    """An index that answers.

    Args:
        name: of the program.
        simple: where its pages are, with the final slash.
        upload: where its uploads go.
        auth: user and password for them.
        pid: of its process.
    """

    name: str
    simple: str
    upload: str = ""
    auth: tuple[str, str] = ("", "")
    pid: int = 0


def requests_a_second(url: str, seconds: int = 2) -> float:
    """What wrk gets of an address over 16 connections.

    Raises:
        RuntimeError: one answer was not 2xx.
    """
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s"]
    for name, value in HEADERS.items():
        command += ["-H", f"{name}: {value}"]
    told = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told:
        raise RuntimeError(f"{url}: {told}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found is not None, told
    return float(found[1])


def page(side: Side, project: str) -> httpx.Response:
    """A project's page."""
    return httpx.get(
        f"{side.simple}{project}/", headers=HEADERS, trust_env=False, timeout=60
    ).raise_for_status()


class Uploader:
    """One connection that uploads.

    Args:
        side: takes the files.
    """

    def __init__(self, side: Side) -> None:
        self._side, self._address = side, urlsplit(side.upload)
        self._connection = http.client.HTTPConnection(self._address.netloc, timeout=120)

    def put(self, dist: Dist) -> float:
        """Upload a file, and return how long the answer took, in seconds.

        Raises:
            RuntimeError: it is refused.
        """
        form = {**fields(dist), "metadata_version": "2.1", "pyversion": "py3"}
        request = httpx.Request(
            "POST", self._side.upload, data=form, files={"content": (dist.filename, dist.content)}
        )
        body, headers = request.read(), self._headers(request.headers["Content-Type"])
        began, status, said = time.perf_counter(), 500, b""
        for _ in range(ATTEMPTS):
            self._connection.request("POST", self._address.path, body, headers)
            answer = self._connection.getresponse()
            status, said = answer.status, answer.read()
            # A peer whose database is busy says so with a 5xx; its client would try again.
            if status < 500:
                break
        if status >= 300:
            raise RuntimeError(f"{self._side.name}: {status} {said[:200]!r}")
        return time.perf_counter() - began

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _headers(self, content_type: str) -> Mapping[str, str]:
        credentials = b64encode(":".join(self._side.auth).encode()).decode()
        return {"Content-Type": content_type, "Authorization": f"Basic {credentials}"}


def together(side: Side, work: list[list[Dist]]) -> float:
    """Uploads a second, where each of several uploaders has files of its own."""
    errors: list[Exception] = []

    def upload(dists: list[Dist]) -> None:
        uploader = Uploader(side)
        try:
            for dist in dists:
                uploader.put(dist)
        except Exception as error:  # noqa: BLE001  a thread's failure has to reach the bench
            errors.append(error)
        finally:
            uploader.close()

    threads = [threading.Thread(target=upload, args=(dists,)) for dists in work]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return sum(map(len, work)) / (time.perf_counter() - began)
