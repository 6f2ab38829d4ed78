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
from crucible_pipeline.release.build import (
    Artifacts,
    at_once,
    backend_of,
    clone_at,
    lock_of,
    lying_in,
    made_in,
    same,
)
from crucible_pipeline.release.delivery import Parcel
from crucible_pipeline.release.frontend import Isolated, make
from crucible_pipeline.release.installer import Installer
from crucible_pipeline.release.smoke import Trial, smoke
from crucible_pipeline.release.steps import Steps
from crucible_pipeline.release.tagged import Tagged
from crucible_pipeline.release.verify import verified
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
    lying = lying_in(bench.dist, release.project.package.distribution, release.version)
    made = _with_npm(lying, release, bench) if lying else _built(release, bench, steps)
    files = steps.run("contents", lambda: verified(made, release), lambda it: ", ".join(sorted(it)))
    judging = upload.judges(made, bench.environ, bench.scratch)
    passed = f"{', '.join(judging)} passed"
    if lying is None:
        work: list[Callable[[], object]] = [partial(_tried, release, made, bench), *judging.values()]
        steps.run("smoke", lambda: at_once(work), lambda it: f"{it[0]}; {passed}")
    else:
        steps.run("judges", lambda: at_once(judging.values()), lambda _: passed)
    signed = steps.run(
        "attestation", lambda: _signed(release, made, bench), lambda it: f"signed by {it.signer}"
    )
    return Parcel(release, _kept(made, signed, bench.dist), files, signed)


def _built(release: Tagged, bench: Bench, steps: Steps) -> Artifacts:
    places = [bench.scratch / "build", bench.scratch / "rebuild"]
    # Nothing was written into the first clone since it was made.
    trees = [release.clone, clone_at(release.clone, f"refs/tags/{release.tag}", bench.scratch / "again")]

    def built() -> None:
        lock = lock_of(release.clone.root)
        backend = backend_of(lock, release.time, bench.installer, bench.scratch / "backend")
        at_once(
            partial(_made_once, release, tree, place, backend)
            for tree, place in zip(trees, places, strict=True)
        )

    steps.run("build", built, lambda _: f"twice at once from fresh clones, by {bench.installer.name}")
    made, again = (made_in(place) for place in places)
    steps.run(
        "reproduced",
        lambda: same(made, again),
        lambda it: ", ".join(f"{name} ({size} bytes)" for name, size in sorted(it.items())),
    )
    steps.run("SBOM", lambda: _with_sbom(release, made.wheel), lambda _: f"CycloneDX 1.6 in {sbom.NAME}")
    return made


def _made_once(release: Tagged, clone: Repository, out: Path, backend: Isolated) -> None:
    """Make all artifacts from a clone, into a folder that is made."""
    out.mkdir()
    tree = clone.root / os.path.relpath(release.project.root.resolve(), release.clone.root.resolve())
    make(tree, out, release.time, backend)
    _packed(release, tree, out)


def _packed(release: Tagged, tree: Path, out: Path) -> Path | None:
    """Pack the npm package from a clone's tree; None where the project has none."""
    source = release.project.typescript
    if source is None:
        return None
    folder, licence = tree / source.relative_to(release.project.root), tree / "LICENSE"
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    if licence.is_file() and not licence.is_symlink():
        files["LICENSE"] = licence.read_bytes()
    name, content = npm.packed(files, release.version, release.time)
    (out / name).write_bytes(content)
    return out / name


def _with_npm(lying: Artifacts, release: Tagged, bench: Bench) -> Artifacts:
    """The tarball beside what lies there: packed from the tag, which runs no code, and compared."""
    out = bench.scratch / "packed"
    out.mkdir()
    packed = _packed(release, release.project.root, out)
    if packed is None:
        return lying
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
