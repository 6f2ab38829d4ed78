"""Figures of the index beside nginx, devpi and pypiserver; `wrk` and `nginx` have to be installed."""

import hashlib
import shutil
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx

from bench.index_load import Side, Uploader, page, requests_a_second, together
from bench.index_sides import (
    LARGE,
    SMALL,
    command_of,
    crucible,
    devpi,
    dists,
    install,
    nginx,
    populated,
    pypiserver,
)
from bench.table import Row
from index.distributions import Dist, wheel
from index.large import large_wheel, resident, resident_peak
from index.seaweed import free_ports

ROUNDS = 5
UPLOADS = 20
UPLOADERS, EACH = 8, 10
STARTS = 5
GIGABYTES = 2
MEBIBYTE = 1 << 20
Sides = Mapping[str, Side]


def rows() -> Iterator[Row]:
    """Every figure of the index.

    Raises:
        RuntimeError: a program that is needed is missing.
    """
    if missing := [name for name in ("wrk", "nginx") if shutil.which(name) is None]:
        raise RuntimeError(f"the bench of the index needs {' and '.join(missing)}; on Debian: apt install")
    install()
    with tempfile.TemporaryDirectory(prefix="crucible-bench-") as folder:
        place = Path(folder)
        small, large = populated(place / "small", SMALL), populated(place / "large", LARGE)
        with (
            crucible(place / "small") as ours,
            nginx(small, place) as static,
            devpi(place) as other,
            pypiserver(place, SMALL) as plain,
        ):
            _fill(other)
            sides = {"ours": ours, "nginx": static, "devpi": other, "pypiserver": plain}
            yield from _pages(sides)
            yield _file(ours, static)
            with crucible(place / "large") as grown:
                yield from _growth(ours, grown)
                yield from _uploads({**sides, "grown": grown})
                yield from _many(ours, other)
                yield _memory(grown)
        yield _start(place / "large")
        yield _gigabytes(place)
        del large


def _fill(side: Side) -> None:
    """The projects that are asked for; the others make no difference to devpi's pages."""
    uploader = Uploader(side)
    for dist in dists(506):
        if dist.name != "onemeg-pkg":
            uploader.put(dist)
    uploader.close()


def _turns(calls: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median of each side, the sides in turn, after one round that does not count."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            value = call()
            if number:
                found[name].append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def _row(what: str, ours: str, theirs: str, ratio: float, least: float) -> Row:
    return Row(what, ours, theirs, f"{ratio:.2f}", f"≥ {least}", ratio >= least)


def _pages(sides: Sides) -> Iterator[Row]:
    for project, files in (("five-pkg", 5), ("big-pkg", 500)):
        sizes = {name: len(page(side, project).content) for name, side in sides.items()}
        if sizes["ours"] != sizes["nginx"]:
            raise RuntimeError(f"nginx serves {sizes['nginx']} bytes instead of {sizes['ours']}")
        urls = {name: f"{side.simple}{project}/" for name, side in sides.items()}
        got = _turns({name: lambda url=url: requests_a_second(url) for name, url in urls.items()}, 3)  # type: ignore[misc]
        what, said = f"page of {files} files, requests/s", f"{got['ours']:,.0f}"
        for name, least in (("nginx", 0.5), ("devpi", 30), ("pypiserver", 30)):
            yield _row(what, said, f"{name} {got[name]:,.0f}", got["ours"] / got[name], least)


def _wheel_of(side: Side) -> str:
    found = page(side, "onemeg-pkg")
    return str(httpx.URL(f"{side.simple}onemeg-pkg/").join(found.json()["files"][0]["url"]))


def _file(ours: Side, static: Side) -> Row:
    urls = {"ours": _wheel_of(ours), "nginx": _wheel_of(static)}
    got = _turns({name: lambda url=url: requests_a_second(url) for name, url in urls.items()})  # type: ignore[misc]
    ratio = got["ours"] / got["nginx"]
    return _row("wheel of 1 MB, requests/s", f"{got['ours']:,.0f}", f"nginx {got['nginx']:,.0f}", ratio, 0.7)


def _growth(small: Side, large: Side) -> Iterator[Row]:
    for what, path in (
        ("page of 5 files", "five-pkg/"),
        ("list of projects", ""),
        ("wheel of 1 MB", "wheel"),
    ):
        urls = {
            name: _wheel_of(side) if path == "wheel" else f"{side.simple}{path}"
            for name, side in (("small", small), ("large", large))
        }
        got = _turns({name: lambda url=url: requests_a_second(url, 1) for name, url in urls.items()})  # type: ignore[misc]
        ratio = got["large"] / got["small"]
        said, beside = f"{LARGE:,} files {got['large']:,.0f}/s", f"{SMALL:,} files {got['small']:,.0f}/s"
        if path:
            yield _row(f"{what}, ten times the index", said, beside, ratio, 0.9)
        else:
            yield Row(f"{what}, ten times the index", said, beside, f"{ratio:.2f}", "-", kept=True)


def _new(project: str) -> Dist:
    return wheel(project, f"1.{uuid.uuid4().int % 10**12}")


def _uploads(sides: Sides) -> Iterator[Row]:
    uploaders = {name: Uploader(side) for name, side in sides.items() if name != "nginx"}
    projects = {name: f"up-{uuid.uuid4().hex[:8]}" for name in uploaders}
    got = _turns(
        {name: lambda name=name: uploaders[name].put(_new(projects[name])) for name in uploaders},  # type: ignore[misc]
        UPLOADS,
    )
    for uploader in uploaders.values():
        uploader.close()
    said = f"{got['ours'] * 1e3:.1f} ms"
    for name, most in (("devpi", 1.0), ("pypiserver", 0.0)):
        ratio = got["ours"] / got[name]
        promise = f"≤ {most}" if most else "-"
        beside = f"{name} {got[name] * 1e3:.1f} ms"
        yield Row("upload of a small wheel", said, beside, f"{ratio:.2f}", promise, not most or ratio <= most)
    ratio = got["grown"] / got["ours"]
    grown, beside = f"{LARGE:,} files {got['grown'] * 1e3:.1f} ms", f"{SMALL:,} files {said}"
    yield Row("upload, ten times the index", grown, beside, f"{ratio:.2f}", "≤ 1.15", ratio <= 1.15)


def _many(ours: Side, other: Side) -> Iterator[Row]:
    for what, projects in (("one project", 1), ("eight projects", UPLOADERS)):

        def work(projects: int = projects) -> list[list[Dist]]:
            names = [f"many-{uuid.uuid4().hex[:8]}" for _ in range(projects)]
            return [[_new(names[at % projects]) for _ in range(EACH)] for at in range(UPLOADERS)]

        got = _turns(
            {
                "ours": lambda work=work: together(ours, work()),  # type: ignore[misc]
                "devpi": lambda work=work: together(other, work()),  # type: ignore[misc]
            },
            1,
        )
        ratio, beside = got["ours"] / got["devpi"], f"devpi {got['devpi']:,.1f}"
        yield _row(f"{UPLOADERS} uploaders into {what}, uploads/s", f"{got['ours']:,.1f}", beside, ratio, 2)


def _memory(side: Side) -> Row:
    used = resident(side.pid) / 1024
    what = f"memory after all of that at {LARGE:,} files"
    return Row(what, f"{used:.0f} MiB", "-", "-", "< 150 MiB", used < 150)


def _start(data: Path) -> Row:
    """From the start of the process to the end of the first page."""
    times: list[float] = []
    for _ in range(STARTS):
        (port,) = free_ports(1)
        began = time.perf_counter()
        with subprocess.Popen(command_of(data, port), stderr=subprocess.DEVNULL) as process:
            side = Side("crucible", f"http://127.0.0.1:{port}/simple/")
            while True:
                try:
                    page(side, "five-pkg")
                except httpx.TransportError:
                    time.sleep(0.005)
                else:
                    break
            times.append(time.perf_counter() - began)
            process.terminate()
    took = statistics.median(times)
    bare = statistics.median(_bare() for _ in range(STARTS))
    what = f"start to first page at {LARGE:,} files"
    beside = f"`python -c 'import httpx'` {bare:.2f} s"
    return Row(what, f"{took:.2f} s", beside, f"{took / bare:.2f}", "< 0.5 s", took < 0.5)


def _bare() -> float:
    began = time.perf_counter()
    subprocess.run(["python3", "-c", "import httpx"], check=False, capture_output=True)
    return time.perf_counter() - began


def _gigabytes(place: Path) -> Row:
    """A wheel of 2 GB up and down, and the memory that the server needed more for it."""
    path = large_wheel(place, GIGABYTES * 950)
    with crucible(place / "small") as side, httpx.Client(trust_env=False, timeout=600) as client:
        page(side, "five-pkg")
        before, began = resident_peak(side.pid), time.perf_counter()
        form = {":action": "file_upload", "protocol_version": "1", "name": "large", "version": "1.0"}
        with path.open("rb") as content:
            files = {"content": (path.name, content)}
            client.post(side.upload, data=form, files=files, auth=side.auth).raise_for_status()
        up, digest = time.perf_counter() - began, hashlib.sha256()
        link = page(side, "large").json()["files"][0]
        with client.stream("GET", httpx.URL(f"{side.simple}large/").join(link["url"])) as answer:
            for piece in answer.iter_raw(MEBIBYTE):
                digest.update(piece)
        if digest.hexdigest() != link["hashes"]["sha256"]:
            raise RuntimeError("the large wheel came back otherwise")
        more = (resident_peak(side.pid) - before) / 1024
        size = path.stat().st_size / 1e9
    said = f"{more:.0f} MiB more, up in {up:.0f} s"
    return Row(f"wheel of {size:.1f} GB up and down", said, "-", "-", "< 64 MiB more", more < 64)
