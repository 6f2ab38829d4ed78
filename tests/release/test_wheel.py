"""A file put into a wheel: RECORD tells the truth about it, and nothing else changes."""

import json
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from installer.sources import WheelFile

from crucible_pipeline.errors import Refused
from crucible_pipeline.release import sbom
from crucible_pipeline.release.wheel import with_file
from index.distributions import wheel

NAME = "sboms/a.cdx.json"
EPOCH = 1764000000
TEXTS = st.dictionaries(st.sampled_from(["demo/a.py", "demo/b.txt", "demo/c/d.bin"]), st.binary(max_size=50))


@settings(deadline=None, max_examples=40)
@given(TEXTS, st.binary(max_size=80), st.integers(0, 4102444800))
def test_every_old_file_stays_and_record_is_true(texts: dict[str, bytes], content: bytes, epoch: int) -> None:
    old = wheel("demo", before=lambda members: members.extend(texts.items())).content
    new = with_file(old, NAME, content, epoch)
    with zipfile.ZipFile(BytesIO(old)) as before, zipfile.ZipFile(BytesIO(new)) as after:
        names = [name for name in before.namelist() if not name.endswith("RECORD")]
        assert after.namelist() == [*names, f"demo-1.0.dist-info/{NAME}", "demo-1.0.dist-info/RECORD"]
        assert [after.read(name) for name in names] == [before.read(name) for name in names]
        assert after.read(f"demo-1.0.dist-info/{NAME}") == content
    assert with_file(old, NAME, content, epoch) == new
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demo-1.0-py3-none-any.whl"
        path.write_bytes(new)
        # A peer reads RECORD: pypa's installer checks each hash and that nothing is left out.
        with WheelFile.open(path) as wheel_file:
            wheel_file.validate_record()


def test_a_second_file_of_the_name_is_refused() -> None:
    with pytest.raises(Refused, match="already"):
        with_file(with_file(wheel("demo").content, NAME, b"", EPOCH), NAME, b"", EPOCH)


def made(**over: object) -> sbom.Made:
    whole: dict[str, object] = {
        "distribution": "crucible-shared",
        "version": "0.1.0",
        "commit": "a" * 40,
        "tag": "v0.1.0",
        "time": EPOCH,
        "requires": ("pydantic>=2.5", "tzdata; sys_platform == 'win32'"),
        "licence": "Apache-2.0",
    }
    return sbom.Made(**{**whole, **over})  # type: ignore[arg-type]


def test_the_sbom_names_package_commit_licence_and_each_requirement() -> None:
    document = json.loads(sbom.document(made()))
    component = document["metadata"]["component"]
    assert component["purl"] == "pkg:pypi/crucible-shared@0.1.0"
    assert component["licenses"] == [{"expression": "Apache-2.0"}]
    assert [one["purl"] for one in document["components"]] == ["pkg:pypi/pydantic", "pkg:pypi/tzdata"]
    assert {"name": "crucible:commit", "value": "a" * 40} in component["properties"]


def test_another_commit_gives_another_serial_number_and_the_same_gives_the_same_bytes() -> None:
    assert sbom.document(made()) == sbom.document(made())
    serials = {json.loads(sbom.document(made(commit=one * 40)))["serialNumber"] for one in "ab"}
    assert len(serials) == 2


def test_the_sbom_is_valid_cyclonedx() -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom.document(made()).decode()) is None
