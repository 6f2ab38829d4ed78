"""No false alarm: what everybody uses may enter."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import upload
from crucible_pipeline.index.names import parse_filename

HERE = Path(__file__).parent
WHEELS = HERE / "widely_used_wheels.txt"
SECONDS = 1800

pytestmark = pytest.mark.slow


def downloaded(folder: Path, names: Path, *how: str) -> list[Path]:
    """What pip gets from the index that it is configured for; nothing is installed."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--requirement", str(names)]
    subprocess.run([*command, *how, "--dest", str(folder)], check=True, timeout=SECONDS)
    return sorted(folder.iterdir())


def refusals(files: list[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in files:
        name = parse_filename(path.name)
        form = {
            ":action": "file_upload",
            "protocol_version": "1",
            "name": name.project,
            "version": str(name.version),
        }
        try:
            upload.read(form, path.name, io.BytesIO(path.read_bytes()))
        except Refused as error:
            found[path.name] = str(error)
    return found


def builder_of(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".dist-info/WHEEL"))
        lines = archive.read(name).decode().splitlines()
    return next(line.partition(": ")[2].split()[0] for line in lines if line.startswith("Generator: "))


def test_a_hundred_widely_used_wheels_of_every_builder_may_enter(tmp_path: Path) -> None:
    files = downloaded(tmp_path, WHEELS, "--only-binary", ":all:")
    assert len(files) >= 100
    assert refusals(files) == {}
    builders = {builder_of(path) for path in files}
    assert {
        "bdist_wheel",
        "setuptools",
        "flit",
        "hatchling",
        "poetry-core",
        "maturin",
        "meson",
        "pdm-backend",
    } <= builders
