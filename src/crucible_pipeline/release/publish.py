"""From a tag to a release in an index: checks, builds, verifies, uploads, confirms. Touches the world.

Run again after a failure it continues: what the index lists with our hashes is not sent again, and other
content under a listed name is refused.
"""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.contracts.project import Project
from crucible_pipeline.errors import CannotDo
from crucible_pipeline.release import upload
from crucible_pipeline.release.build import Artifacts, build
from crucible_pipeline.release.confirm import Expected, confirm
from crucible_pipeline.release.plan import missing
from crucible_pipeline.release.steps import Step, Steps
from crucible_pipeline.release.tagged import Tagged, tagged
from crucible_pipeline.release.target import Target
from crucible_pipeline.release.verify import lying_in, verified


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be published, and where.

    Args:
        project: in the work tree of a repository.
        environ: the caller's environment.
        tag: None takes the release tag on HEAD.
        branch: the branch that releases come from; the repository's default branch if None.
        target: the index; None only for a trial.
        dist: folder that keeps the artifacts; those of this version that lie there already are taken.
        trial: all but the upload and what follows it.
    """

    project: Project
    environ: Mapping[str, str] = field(repr=False)
    tag: str | None = None
    branch: str | None = None
    target: Target | None = None
    dist: Path | None = None
    trial: bool = False


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published.

    Args:
        package: the distribution's name.
        version: of the release.
        tag: that names it.
        commit: that it was built from.
        files: file name → sha256.
        uploaded: names of the files that were sent now; in a trial, of those that would be.
        confirmed: the address that pip installed it from; None in a trial.
        steps: what was done.
    """

    package: str
    version: Version
    tag: str
    commit: str
    files: Mapping[str, str]
    uploaded: tuple[str, ...]
    confirmed: str | None
    steps: tuple[Step, ...]


def publish(order: Order, steps: Steps) -> Publication:
    """Publish a tag.

    Args:
        order: what and where.
        steps: told of each step.

    Raises:
        NotReady: objections to the tag before anything was built, or to what was built.
        Refused: the index lists other content under one of the names.
        CannotDo: a program or the index failed.
    """
    if order.target is None and not order.trial:
        raise CannotDo("no index is named", "give --repository, or --dry-run to build and verify only")
    with tempfile.TemporaryDirectory(prefix="crucible-publish-") as folder:
        scratch = Path(folder)
        parcel = _prepared(order, steps, scratch)
        uploaded, confirmed = _delivered(order, parcel, steps, scratch)
    release = parcel.release
    return Publication(
        release.project.package.distribution,
        release.version,
        release.tag,
        release.commit,
        parcel.files,
        uploaded,
        confirmed,
        tuple(steps.done),
    )


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What is ready to be sent."""

    release: Tagged
    made: Artifacts
    files: Mapping[str, str]


def _prepared(order: Order, steps: Steps, scratch: Path) -> _Parcel:
    release = steps.run(
        "preconditions",
        lambda: tagged(order.project, order.tag, order.branch, order.environ, scratch / "clone"),
        lambda it: f"{it.tag} at {it.commit[:12]} may be published",
    )
    made = steps.run("build", lambda: _artifacts(order, release, scratch), lambda it: it.wheel.name)
    files = steps.run("contents", lambda: verified(made, release), lambda it: ", ".join(sorted(it)))
    steps.run(
        "twine check", lambda: upload.check(made.files, order.environ, scratch), lambda _: "strict, passed"
    )
    return _Parcel(release, _kept(made, order.dist), files)


def _artifacts(order: Order, release: Tagged, scratch: Path) -> Artifacts:
    lying = lying_in(order.dist, release)
    if lying is not None:
        return lying
    out = scratch / "dist"
    out.mkdir()
    return build(release.project.root, out, release.time, order.environ)


def _kept(made: Artifacts, dist: Path | None) -> Artifacts:
    """The artifacts where the user wants them, now that they are known to be right."""
    if dist is None:
        return made
    dist.mkdir(parents=True, exist_ok=True)
    for path in made.files:
        if path.parent.resolve() != dist.resolve():
            shutil.copyfile(path, dist / path.name)
    return Artifacts(dist / made.sdist.name, dist / made.wheel.name)


def _delivered(
    order: Order, parcel: _Parcel, steps: Steps, scratch: Path
) -> tuple[tuple[str, ...], str | None]:
    """Send what the index lacks and confirm; the names that were (or would be) sent, and pip's source."""
    target, project = order.target, parcel.release.project.package
    if target is None:
        return tuple(sorted(parcel.files)), None

    def asked() -> tuple[str, ...]:
        return tuple(missing(parcel.files, upload.listed(target, project.distribution, order.environ)))

    lacking = steps.run("index", asked, lambda it: f"lacks {', '.join(it)}" if it else "lists both already")
    if order.trial:
        return lacking, None
    if lacking:
        paths = [path.resolve() for path in parcel.made.files if path.name in lacking]
        steps.run(
            "upload",
            lambda: upload.upload(paths, target, order.environ, scratch),
            lambda _: f"{len(paths)} to {target.upload_url}",
        )

    def installed() -> str:
        left = asked()
        if left:
            raise CannotDo(f"the index does not list {', '.join(left)} after the upload", "publish again")
        expected = Expected(
            f"{project.distribution}=={parcel.release.version}",
            project.import_name,
            frozenset(parcel.files.values()),
        )
        login = upload.login_of(target, order.environ)
        return confirm(expected, target.simple_url, login, order.environ, scratch)

    return lacking, steps.run("confirmation", installed, lambda it: f"pip installed {it.rpartition('/')[2]}")
