"""Reads artifacts and compares them with the tagged commit; the index's own checks come first."""

import posixpath
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import upload as upload_form
from crucible_pipeline.index.fault import Faulty
from crucible_pipeline.release import sbom
from crucible_pipeline.release.archive import untarred, unzipped
from crucible_pipeline.release.build import Artifacts
from crucible_pipeline.release.contents import sdist_objections, wheel_objections
from crucible_pipeline.release.plan import NotReady, Objection
from crucible_pipeline.release.tagged import Tagged


def verified(made: Artifacts, release: Tagged) -> dict[str, str]:
    """Check both artifacts of a release.

    Returns:
        File name → sha256.

    Raises:
        NotReady: everything for which the index would refuse them, else all that does not belong.
    """
    names = (release.project.package.distribution, release.version)
    hashes: dict[str, str] = {}
    faults: list[Objection] = []
    for path in made.files:
        hashes[path.name], refused = judged(path, *names)
        faults += refused
    if faults:
        raise NotReady(faults)
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


def judged(path: Path, distribution: str, version: Version) -> tuple[str, list[Objection]]:
    """A file's sha256, and everything for which the index would refuse it.

    Args:
        path: a wheel or an sdist.
        distribution: whose it has to be.
        version: which release.
    """
    said = {
        ":action": "file_upload",
        "protocol_version": "1",
        "name": distribution,
        "version": str(version),
    }
    with path.open("rb") as content:
        try:
            return upload_form.read(said, path.name, content).sha256, []
        except Faulty as error:
            told = [Objection(one.rule, f"{path.name} {one.what}", one.todo) for one in error.faults]
        except Refused as error:
            told = [Objection("name", error.what, error.todo or "build again from the tag")]
    return "", told
