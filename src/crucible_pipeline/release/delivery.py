"""Brings what is ready to the registries, in an order that leaves nothing half, and confirms it there.

First every registry is asked, so that a refusal comes before anything is sent. Then the index gets the
wheel and the sdist, then npm its tarball. Where it stops in between, the same command sends what is
missing: each file is compared by its hash with what is listed, and is sent only where nothing is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.client import Release
from crucible_pipeline.release import npm, upload
from crucible_pipeline.release.attest import Signed
from crucible_pipeline.release.build import Artifacts
from crucible_pipeline.release.confirm import Expected, clean, confirm, pinned
from crucible_pipeline.release.environment import for_pip
from crucible_pipeline.release.installer import Installer
from crucible_pipeline.release.plan import missing
from crucible_pipeline.release.sbom import requires_of
from crucible_pipeline.release.steps import Steps
from crucible_pipeline.release.tagged import Tagged
from crucible_pipeline.release.target import Target


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is ready to be sent.

    Args:
        release: the tag that it was made from.
        made: the artifacts.
        files: name → sha256 of those for the index.
        signed: what was signed.
    """

    release: Tagged
    made: Artifacts
    files: Mapping[str, str]
    signed: Signed


@dataclass(frozen=True, slots=True)
class Lacking:
    """What the registries lack.

    Args:
        files: names that the index does not list.
        npm: whether the npm registry lacks the version; None where none is asked.
        known: the versions that the index lists.
    """

    files: tuple[str, ...]
    npm: bool | None
    known: frozenset[Version]

    def __str__(self) -> str:
        lacking = [*self.files, *(["the npm package"] if self.npm else [])]
        return f"lack {', '.join(lacking)}" if lacking else "list everything already"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a parcel goes.

    Args:
        target: the index.
        registry: of npm; None leaves npm out.
        environ: the caller's.
        installer: of what a release requires.
        folder: an empty one.
    """

    target: Target
    registry: npm.Registry | None
    environ: Mapping[str, str]
    installer: Installer
    folder: Path

    def asked(self, parcel: Parcel) -> Lacking:
        """Ask every registry what it lacks.

        Raises:
            Refused: one lists other content under a name of ours, or a preview is to go where releases are.
            CannotDo: one is out of reach, or npm is named and there is no tarball.
        """
        release = parcel.release
        listed = upload.listed(self.target, release.project.package.distribution, self.environ)
        _apart(release.version, listed, self.target)
        lacking = tuple(missing(parcel.files, {name: each.sha256 for name, each in listed.items()}))
        known = frozenset(each.version for each in listed.values())
        if self.registry is None:
            return Lacking(lacking, None, known)
        if parcel.made.npm is None or npm.program(self.environ) is None:
            raise CannotDo(
                "an npm registry is named, and there is no npm package or no npm to send it",
                "install Node.js, set tool.crucible.typescript, or leave --npm-registry away",
            )
        name = release.project.package.npm
        tarball = parcel.made.npm.read_bytes()
        return Lacking(lacking, npm.lacks(self.registry, name, release.version, tarball), known)

    def send(self, parcel: Parcel, lacking: Lacking, steps: Steps) -> None:
        """Send what is lacking.

        Raises:
            CannotDo: a program failed; what it sent stays, and the next attempt sends the rest.
        """
        if lacking.files:
            paths = [path.resolve() for path in parcel.made.files if path.name in lacking.files]
            attestations = [
                path.resolve() for path in parcel.signed.attestations if path.name.startswith(lacking.files)
            ]
            steps.run(
                "upload",
                lambda: upload.upload(paths, attestations, self.target, self.environ, self.folder),
                lambda _: f"{len(paths)} to {self.target.upload_url}",
            )
        registry, tarball = self.registry, parcel.made.npm
        if lacking.npm and registry is not None and tarball is not None:
            name, version = parcel.release.project.package.npm, parcel.release.version
            tag = npm.tag_for(version, npm.listed(registry, name).integrity)
            steps.run(
                "npm",
                lambda: npm.publish(registry, tarball.resolve(), tag, self.environ, self.folder),
                lambda _: f"{tarball.name} to {registry.url} as {tag}",
            )

    def consumer(self, parcel: Parcel) -> str:
        """A clean environment with what the release requires, as a service has it; its interpreter.

        Raises:
            CannotDo: it cannot be made.
        """
        return clean(requires_of(parcel.made.wheel.read_bytes()), self.installer, self.folder)

    def confirmed(self, parcel: Parcel, python: str) -> str:
        """Look whether the registries list our hashes, and let pip install from the index.

        Args:
            parcel: that was sent.
            python: interpreter of a clean environment.

        Returns:
            The address that pip took the wheel from.

        Raises:
            CannotDo: something is not listed, or pip failed.
            Refused: another content is listed, or pip took another file.
        """
        left = self.asked(parcel)
        if left.files or left.npm:
            raise CannotDo(f"after the upload the registries {left}", "publish again")
        release = parcel.release
        expected = Expected(
            pinned(release.project.package.distribution, release.version, left.known),
            frozenset(parcel.files.values()),
        )
        login = upload.login_of(self.target, self.environ)
        environ = for_pip(self.installer.environment, self.target.simple_url, login)
        return confirm(expected, python, environ, self.folder, hidden=login[1:] if login else ())


def _apart(version: Version, listed: Mapping[str, Release], target: Target) -> None:
    """A line that has only previews would give one to whoever pins it, so previews stay among themselves."""
    finals = sorted({each.version for each in listed.values() if not each.version.is_prerelease})
    if version.is_devrelease and finals:
        raise Refused(
            f"{target.simple_url} lists releases such as {finals[-1]}, and {version} is a preview",
            "publish previews to an index of their own: services that pin a line never ask it",
        )
