"""Reads artifacts and compares them with the tagged commit; the index's own checks come first."""

import contextlib
import posixpath
from pathlib import Path

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import upload as upload_form
from crucible_pipeline.index.names import parse_filename
from crucible_pipeline.release import sbom
from crucible_pipeline.release.archive import untarred, unzipped
from crucible_pipeline.release.build import Artifacts
from crucible_pipeline.release.contents import sdist_objections, wheel_objections
from crucible_pipeline.release.plan import NotReady
from crucible_pipeline.release.tagged import Tagged


def lying_in(dist: Path | None, release: Tagged) -> Artifacts | None:
    """The artifacts of a release that lie in a folder already; None unless both do."""
    found: dict[str, Path] = {}
    for path in sorted(dist.iterdir()) if dist is not None and dist.is_dir() else ():
        # Whatever else lies there is none of ours.
        with contextlib.suppress(Refused):
            name = parse_filename(path.name)
            if (name.project, name.version) == (release.project.package.distribution, release.version):
                found[name.kind] = path
    return Artifacts(found["sdist"], found["bdist_wheel"]) if len(found) == 2 else None


def verified(made: Artifacts, release: Tagged) -> dict[str, str]:
    """Check both artifacts of a release.

    Returns:
        File name → sha256.

    Raises:
        Refused: name, version, RECORD or metadata do not agree, in the index's words.
        NotReady: the contents are not exactly what belongs.
    """
    hashes = {path.name: _accepted(path, release) for path in made.files}
    wheel, sdist = unzipped(made.wheel.read_bytes()), untarred(made.sdist.read_bytes())
    stem = made.sdist.name.removesuffix(".tar.gz")
    said = {
        f"{stem}.dist-info/{name}": content
        for name, content in {sbom.NAME: sbom.of(release, made.wheel.read_bytes()), **release.scripts}.items()
    }
    licenses = {name: content for name, content in release.tracked.items() if "/" not in name}
    code = (posixpath.normpath(f"{release.source}/{name.partition('/')[2]}") for name in release.package)
    found = [
        *wheel_objections(wheel, {**release.package, **said}, f"{stem}.dist-info", licenses),
        *sdist_objections(
            {name.removeprefix(f"{stem}/"): content for name, content in sdist.items()},
            release.tracked,
            ("pyproject.toml", *code),
        ),
    ]
    if found:
        raise NotReady(found)
    return hashes


def _accepted(path: Path, release: Tagged) -> str:
    """The sha256 of a file that the index would accept as this release."""
    said = {
        ":action": "file_upload",
        "protocol_version": "1",
        "name": release.project.package.distribution,
        "version": str(release.version),
    }
    with path.open("rb") as content:
        read = upload_form.read(said, path.name, content)
    return read.sha256
