"""The npm package holds what npm's own packer puts in, and its bytes depend on nobody's npm."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.release.npm import packed
from release.contracts_repository import Workshop

EPOCH = 1764000000


def files_of(shop: Workshop) -> dict[str, bytes]:
    folder = shop.root / "src" / "typescript"
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {**files, "LICENSE": (shop.root / "LICENSE").read_bytes()}


def unpacked(tarball: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as archive:
        assert all(member.isreg() for member in archive)
        assert {(member.mode, member.uid, member.uname, member.mtime) for member in archive} == {
            (0o644, 0, "", EPOCH)
        }
        return {
            member.name: file.read()
            for member in archive
            if (file := archive.extractfile(member)) is not None
        }


def test_it_holds_the_same_files_as_npm_packs_from_the_same_folder(fresh: Workshop, tmp_path: Path) -> None:
    name, tarball = packed(files_of(fresh), Version("0.4.0.dev5"), EPOCH)
    assert name == "crucible-shared-0.4.0-dev.5.tgz"
    ours = unpacked(tarball)
    tree = tmp_path / "tree"
    tree.mkdir()
    for path, content in ours.items():
        (tree / path.removeprefix("package/")).write_bytes(content)
    argv = ["npm", "pack", "--loglevel=error", "--ignore-scripts", "--pack-destination", str(tmp_path)]
    subprocess.run(argv, cwd=tree, check=True, capture_output=True)
    with tarfile.open(tmp_path / name) as archive:
        theirs = {
            member.name: file.read()
            for member in archive
            if (file := archive.extractfile(member)) is not None
        }
    assert ours == theirs
    assert packed(files_of(fresh), Version("0.4.0.dev5"), EPOCH) == (name, tarball)


@pytest.mark.parametrize("stray", [".npmrc", ".env", "old.js", "package-lock.json"])
def test_a_file_that_was_not_generated_is_refused_by_name(fresh: Workshop, stray: str) -> None:
    with pytest.raises(Refused, match=f"differs from the generated files in {stray}; run crucible generate"):
        packed({**files_of(fresh), stray: b"//registry/:_authToken=t"}, Version("0.1.0"), EPOCH)


def test_a_file_that_the_package_names_and_lacks_is_refused_by_name(fresh: Workshop) -> None:
    files = files_of(fresh)
    del files["index.js"]
    with pytest.raises(Refused, match=r"differs from the generated files in index\.js"):
        packed(files, Version("0.1.0"), EPOCH)
