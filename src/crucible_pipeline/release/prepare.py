"""Makes what a tag publishes: two builds compared, an SBOM inside, judged, tried, signed, kept.

Nothing here needs a credential, and nothing is sent.
"""

import ast
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from crucible_pipeline.errors import Refused
from crucible_pipeline.git import Repository
from crucible_pipeline.release import npm, provenance, sbom, upload
from crucible_pipeline.release.attest import Signed, can_sign, sign
from crucible_pipeline.release.attest import lying_in as attested_in
from crucible_pipeline.release.build import Artifacts, at_once, build, clone_at, lock_of, made_in, same
from crucible_pipeline.release.delivery import Parcel
from crucible_pipeline.release.installer import Installer
from crucible_pipeline.release.smoke import Trial, smoke
from crucible_pipeline.release.steps import Steps
from crucible_pipeline.release.tagged import Tagged
from crucible_pipeline.release.verify import lying_in, verified
from crucible_pipeline.release.wheel import with_file

_CLASSIFIER = "Programming Language :: Python :: 3."


@dataclass(frozen=True, slots=True)
class Bench:
    """With what a release is made, and where.

    Args:
        environ: the caller's.
        installer: that fills environments.
        scratch: an empty folder.
        dist: folder that keeps the artifacts; those of this version that lie there already are taken.
        key: a file with the signing key.
        pythons: versions to try it in; None for those that the package's classifiers name.
    """

    environ: Mapping[str, str] = field(repr=False)
    installer: Installer
    scratch: Path
    dist: Path | None = None
    key: Path | None = None
    pythons: tuple[str, ...] | None = None


def prepared(release: Tagged, bench: Bench, steps: Steps) -> Parcel:
    """Make, judge and sign the artifacts of a tag.

    Those that lie in `dist` were judged and tried when they were put there: they are compared with the tag
    again, and nothing of them is run.

    Raises:
        NotReady: objections to what was built.
        Refused: the builds differ, or the index would refuse a file.
        CannotDo: a program failed.
    """
    lying = lying_in(bench.dist, release)
    made = _with_npm(lying, release, bench) if lying else _built(release, bench, steps)
    judging = upload.judges(made, bench.environ, bench.scratch)
    files: dict[str, str] = {}

    def judged() -> None:
        files.update(verified(made, release))

    steps.run(
        "contents",
        lambda: at_once([judged, *judging.values()]),
        lambda _: f"{', '.join(sorted(files))}; {', '.join(judging)} passed",
    )
    if lying is None:
        steps.run("smoke", lambda: _tried(release, made, bench), str)
    signed = steps.run(
        "attestation", lambda: _signed(release, made, bench), lambda it: f"signed by {it.signer}"
    )
    return Parcel(release, _kept(made, signed, bench.dist), files, signed)


def _built(release: Tagged, bench: Bench, steps: Steps) -> Artifacts:
    places = [bench.scratch / "build", bench.scratch / "rebuild"]
    # Nothing was written into the first clone since it was made.
    trees = [release.clone, clone_at(release.clone, f"refs/tags/{release.tag}", bench.scratch / "again")]
    lock = bench.scratch / "build.txt"
    lock.write_bytes(lock_of(release.clone.root))
    steps.run(
        "build",
        lambda: at_once(
            [
                one
                for tree, place in zip(trees, places, strict=True)
                for one in _builds(release, (tree, place), lock, bench)
            ]
        ),
        lambda _: f"twice at once from fresh clones, by {bench.installer.name}",
    )
    made, again = (made_in(place) for place in places)
    steps.run(
        "reproduced",
        lambda: same(made, again),
        lambda it: ", ".join(f"{name} ({size} bytes)" for name, size in sorted(it.items())),
    )
    steps.run("SBOM", lambda: _with_sbom(release, made.wheel), lambda _: f"CycloneDX 1.6 in {sbom.NAME}")
    return made


def _builds(
    release: Tagged, place: tuple[Repository, Path], lock: Path, bench: Bench
) -> list[Callable[[], object]]:
    """What makes all artifacts once, from a clone into a folder."""
    clone, out = place
    out.mkdir()
    tree = clone.root / os.path.relpath(release.project.root.resolve(), release.clone.root.resolve())
    work: list[Callable[[], object]] = [
        partial(build, tree, out, release.time, lock, bench.installer),
    ]
    source = release.project.typescript
    if source is not None and npm.program(bench.environ) is not None:
        there = tree / source.relative_to(release.project.root)
        work.append(partial(npm.pack, there, tree / "LICENSE", release.version, out, bench.environ))
    return work


def _with_npm(lying: Artifacts, release: Tagged, bench: Bench) -> Artifacts:
    """The tarball beside what lies there: packed from the tag, which runs no code, and compared."""
    source = release.project.typescript
    if source is None or npm.program(bench.environ) is None:
        return lying
    out = bench.scratch / "packed"
    out.mkdir()
    licence = release.project.root / "LICENSE"
    packed = npm.pack(source, licence, release.version, out, bench.environ)
    there = lying.wheel.with_name(packed.name)
    if there.is_file() and there.read_bytes() != packed.read_bytes():
        raise Refused(f"{there.name} is not what {release.tag} gives", "give an empty --dist")
    return Artifacts(lying.sdist, lying.wheel, packed)


def _with_sbom(release: Tagged, wheel: Path) -> None:
    content = wheel.read_bytes()
    wheel.write_bytes(with_file(content, sbom.NAME, sbom.of(release, content), release.time))


def _tried(release: Tagged, made: Artifacts, bench: Bench) -> object:
    folder = bench.scratch / "smoke"
    folder.mkdir()
    package = release.project.package.import_name
    names = _all_of(release.package.get(f"{package}/__init__.py", b""))
    versions = bench.pythons or _pythons_of(made.wheel.read_bytes())
    typed = f"{package}/py.typed" in release.package
    trial = Trial(made.wheel.resolve(), package, names, versions, typed)
    return smoke(trial, bench.installer, folder)


def _all_of(source: bytes) -> tuple[str, ...]:
    """The names that a module lists in `__all__`; it is read, not run."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            found: object = ast.literal_eval(node.value)
            return tuple(map(str, cast("list[object]", found))) if isinstance(found, list) else ()
    return ()


def _pythons_of(wheel: bytes) -> tuple[str, ...]:
    found = [one for one in sbom.metadata_of(wheel).get("classifiers", ()) if one.startswith(_CLASSIFIER)]
    return tuple(one.rpartition(" ")[2] for one in found)


def _signed(release: Tagged, made: Artifacts, bench: Bench) -> Signed:
    if not can_sign(bench.key, bench.environ) and (signed := attested_in(bench.dist, made)):
        return signed
    folder = bench.scratch / "signed"
    folder.mkdir()
    origin = provenance.Origin(
        release.project.package.distribution,
        str(release.version),
        release.tag,
        release.commit,
        release.time,
        release.address,
        provenance.builder_of(bench.environ),
    )
    lock = lock_of(release.clone.root).decode(errors="replace")
    return sign(made, provenance.predicate(origin, lock), bench.key, bench.environ, folder)


def _kept(made: Artifacts, signed: Signed, dist: Path | None) -> Artifacts:
    """The artifacts where the user wants them, now that they are known to be right."""
    if dist is None:
        return made
    dist.mkdir(parents=True, exist_ok=True)
    for path in (*made.all, *signed.files):
        there = dist / path.name
        if not there.is_file() or there.read_bytes() != path.read_bytes():
            # Whole or not at all: what lies here is taken for finished by the next attempt.
            shutil.copyfile(path, dist / f".{path.name}.part")
            (dist / f".{path.name}.part").replace(dist / path.name)
    return Artifacts(
        dist / made.sdist.name, dist / made.wheel.name, dist / made.npm.name if made.npm else None
    )
