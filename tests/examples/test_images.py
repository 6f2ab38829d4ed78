"""The images, really built and run: without a daemon, by buildah in a chroot, on a Debian of debootstrap's.

Only the first line of the base differs: it is that Debian, for no registry is asked.
"""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crucible_pipeline.index.configured import pip_index_url
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.release.gate import gate
from examples.conftest import ROOT, SOURCES
from examples.dockerfile import instructions
from examples.surroundings import environment
from index.distributions import Dist, post

PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
BASE = "packages.example/platform/python:3.11"
SEES = """
import json, os, sys
from crucible_shared import limits
place = sys.modules["crucible_shared"].__file__
print(json.dumps([os.getuid(), limits.EXECUTION.MAX_TIMEOUT_SECONDS, os.environ.get("PYTHONPATH"), place]))
"""
LACKING = [name for name in ("buildah", "debootstrap") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(LACKING) or os.geteuid() != 0, reason=f"needs root, and {' and '.join(LACKING)} installed"
    ),
]


class Engine:
    """buildah with a store of its own.

    Args:
        folder: that takes the store.
    """

    def __init__(self, folder: Path) -> None:
        self.options: list[str | Path] = [
            "--root",
            folder / "store",
            "--runroot",
            folder / "run",
            "--storage-driver",
            "vfs",
        ]

    def run(self, *arguments: str | Path) -> str:
        """One command of buildah, and what it printed."""
        argv: list[str | Path] = ["buildah", *self.options, *arguments]
        done = subprocess.run(argv, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout.strip()

    def build(self, folder: Path, tag: str, *options: str) -> None:
        """An image of a folder's Dockerfile."""
        flags = ["--isolation", "chroot", "--layers=false", "--pull-never", "--format", "docker"]
        self.run("build", *flags, *options, "--tag", tag, folder)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that has the base, made from `examples/base`."""
    folder = tmp_path_factory.mktemp("engine")
    made = Engine(folder)
    container = made.run("from", "scratch")
    made.run("add", container, debian(folder), "/")
    made.run("commit", "--rm", container, "localhost/debian")
    context = folder / "base"
    shutil.copytree(ROOT / "examples" / "base", context)
    dockerfile = context / "Dockerfile"
    (first, *_) = [rest for word, rest in instructions(dockerfile.read_text()) if word == "FROM"]
    dockerfile.write_text(dockerfile.read_text().replace(first, "localhost/debian AS python", 1))
    made.build(context, BASE, "--target", "python")
    yield made
    made.run("rmi", "--all", "--force")


def debian(folder: Path) -> Path:
    """A Debian with Python under the names of Python's own image; CRUCIBLE_DEBIAN names one made before."""
    root = folder / "debian"
    if given := os.environ.get("CRUCIBLE_DEBIAN"):
        shutil.copytree(given, root, symlinks=True, ignore=shutil.ignore_patterns("dev", "proc", "sys"))
        for name in ("dev", "proc", "sys"):
            (root / name).mkdir()
    else:
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)]
        subprocess.run(command, check=True, capture_output=True)
    (root / "usr" / "local" / "bin" / "python").symlink_to("/usr/bin/python3")
    for path in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        path.unlink()
    return root


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An index that only a token may read, with crucible-shared 0.3.0."""
    folder = tmp_path_factory.mktemp("shelf")
    for name in SOURCES:
        source, target = ROOT / name, folder / "checkout" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    subprocess.run(
        [
            *(sys.executable, "-P", "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--wheel-dir", str(folder), str(folder / "checkout")),
        ],
        env=environment() | {"SETUPTOOLS_SCM_PRETEND_VERSION": "0.3.0"},
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    with running(gate=gate, anonymous_read=False, upstream=pip_index_url) as index:
        dist = Dist("crucible-shared", "0.3.0", wheel.name, wheel.read_bytes())
        answer = post(index, dist)
        assert answer.status_code == 200, answer.text
        yield index


def with_login(index: Running) -> str:
    """The index's address with its token in it, as it stands in a configuration file."""
    return index.simple_url.replace("://", f"://__token__:{index.token}@")


def stored(image: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that an image in a folder consists of: its documents, and each file of each layer."""
    for path in sorted(image.iterdir()):
        content = path.read_bytes()
        plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        try:
            with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as layer:
                for member in layer:
                    file = layer.extractfile(member) if member.isfile() else None
                    yield member.name, file.read() if file is not None else member.linkname.encode()
        except tarfile.ReadError:
            yield path.name, plain


def test_an_image_holds_the_service_and_the_contracts_and_nowhere_the_credential(
    engine: Engine, shelf: Running, repository: Path, tmp_path: Path
) -> None:
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    lock = [
        "pip",
        "compile",
        "--quiet",
        "--generate-hashes",
        "--python-version",
        "3.11",
        "--no-emit-index-url",
    ]
    subprocess.run(
        [uv, *lock, "requirements.txt", "-o", "requirements.lock"],
        cwd=repository,
        env=environment() | {"UV_DEFAULT_INDEX": with_login(shelf), "UV_NO_CACHE": "1"},
        check=True,
        capture_output=True,
    )
    secret = tmp_path / "pip.conf"
    secret.write_text(f"[global]\nindex-url = {with_login(shelf)}\n")
    image = f"localhost/{repository.name}"
    engine.build(repository, image, "--secret", f"id=pip_conf,src={secret}")

    container = engine.run("from", "--pull-never", image)
    seen = json.loads(engine.run("run", "--isolation", "chroot", container, "--", "python", "-c", SEES))
    assert seen[:3] == [10001, 300, None]
    assert "-packages/crucible_shared/" in seen[3]
    package = repository.name.replace("-", "_")
    engine.run("run", "--isolation", "chroot", container, "--", "python", "-c", f"import {package}")

    place = tmp_path / "pushed"
    engine.run("push", "--disable-compression", image, f"dir:{place}")
    parts = list(stored(place))
    holding = [name for name, content in parts if shelf.token.encode() in content]
    assert holding == []
    # The search would see it: what a layer does hold is found.
    found = [name for name, content in parts if b"class EvaluationStatus" in content]
    assert any(name.endswith("crucible_shared/evaluation_status.py") for name in found)
    history = json.loads(engine.run("inspect", "--type", "image", image))
    assert "pip install" in json.dumps(history["Docker"]["history"])
    assert shelf.token not in json.dumps(history)


def test_a_file_with_another_hash_stops_the_build(engine: Engine, shelf: Running, tmp_path: Path) -> None:
    context = tmp_path / "worker"
    shutil.copytree(ROOT / "examples" / "event-worker", context)
    (context / "requirements.lock").write_text(f"crucible-shared==0.3.0 --hash=sha256:{'0' * 64}\n")
    secret = tmp_path / "pip.conf"
    secret.write_text(f"[global]\nindex-url = {with_login(shelf)}\n")
    with pytest.raises(AssertionError, match="DO NOT MATCH THE HASHES"):
        engine.build(context, "localhost/wrong", "--secret", f"id=pip_conf,src={secret}")
