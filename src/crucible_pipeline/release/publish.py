"""From a tag to a release in the registries: each step of a publication, in order. Touches the world.

It keeps no record of its own: the tag says what is built, the build gives the same bytes each time, and the
registries say what is there. Run again after a failure at any step it continues, and other content under a
listed name is refused.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.release.ambient import identified
from crucible_pipeline.release.delivery import Delivery, Parcel
from crucible_pipeline.release.installer import installer
from crucible_pipeline.release.npm import Registry
from crucible_pipeline.release.prepare import Bench, prepared
from crucible_pipeline.release.promote import fetched
from crucible_pipeline.release.scratch import scratch_folder
from crucible_pipeline.release.steps import Step, Steps
from crucible_pipeline.release.tagged import Wanted, previewed, tagged
from crucible_pipeline.release.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be published, and where.

    Args:
        wanted: the package and its tag.
        target: the index; None only for a trial.
        registry: of npm; None leaves the npm package out.
        dist: folder that keeps the artifacts; those of this version that lie there already are taken.
        key: a file with the Ed25519 key that signs; None leaves it to the forge, if one vouches.
        pythons: versions to try the wheel in; None for those that the package's classifiers name.
        staging: a simple API that lists the release already; its files are taken, and nothing is built.
        preview: publish the commit on HEAD as a preview of the next release.
        trial: all but the upload and what follows it.
    """

    wanted: Wanted
    target: Target | None = None
    registry: Registry | None = None
    dist: Path | None = None
    key: Path | None = None
    pythons: tuple[str, ...] | None = None
    staging: Target | None = None
    preview: bool = False
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
        signer: who signed it, in a few words.
    """

    package: str
    version: Version
    tag: str
    commit: str
    files: Mapping[str, str]
    uploaded: tuple[str, ...]
    confirmed: str | None
    steps: tuple[Step, ...]
    signer: str = field(default="")


def publish(order: Order, steps: Steps) -> Publication:
    """Publish a tag.

    Args:
        order: what and where.
        steps: told of each step.

    Raises:
        NotReady: objections to the tag before anything was built, or to what was built.
        Refused: a registry lists other content under one of the names.
        CannotDo: a program or a registry failed.
    """
    if order.target is None and not order.trial:
        raise CannotDo("no index is named", "give --repository, or --dry-run to build and verify only")
    with scratch_folder() as scratch, ThreadPoolExecutor(1) as meanwhile:
        program = meanwhile.submit(installer, order.wanted.environ, scratch)
        release = steps.run(
            "preconditions",
            lambda: (previewed if order.preview else tagged)(order.wanted, scratch / "clone", order.dist),
            lambda it: f"{it.tag} at {it.commit[:12]} may be published",
        )
        environ, staging, dist = order.wanted.environ, order.staging, order.dist
        if staging is not None:
            dist = dist or scratch / "dist"
            place = dist
            steps.run("staging", lambda: fetched(staging, release, environ, place), ", ".join)
        bench = Bench(environ, program.result(), scratch, dist, order.key, order.pythons)
        parcel = prepared(release, bench, steps)
        uploaded, confirmed = tuple(sorted(parcel.files)), None
        if order.target is not None:
            work = scratch / "delivery"
            work.mkdir()
            delivery = Delivery(
                order.target, order.registry, identified(environ, order.target), bench.installer, work
            )
            uploaded, confirmed = _delivered(delivery, parcel, steps, trial=order.trial)
    return Publication(
        release.project.package.distribution,
        release.version,
        release.tag,
        release.commit,
        parcel.files,
        uploaded,
        confirmed,
        tuple(steps.done),
        parcel.signed.signer,
    )


def _delivered(
    delivery: Delivery, parcel: Parcel, steps: Steps, *, trial: bool
) -> tuple[tuple[str, ...], str | None]:
    """Send what is lacking and confirm; the names that were (or would be) sent, and pip's source."""
    lacking = steps.run("registries", lambda: delivery.asked(parcel), str)
    if trial:
        return lacking.files, None
    with ThreadPoolExecutor(1) as meanwhile:
        python = meanwhile.submit(delivery.consumer, parcel)
        delivery.send(parcel, lacking, steps)
        confirmed = steps.run(
            "confirmation",
            lambda: delivery.confirmed(parcel, python.result()),
            lambda it: f"pip installed {it.rpartition('/')[2]}",
        )
    return lacking.files, confirmed
