"""What the index holds of one package: its releases, and of each the contract and the changelog."""

import io
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from packaging.version import Version

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.snapshot import restore
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.client import Index, Release
from crucible_pipeline.upgrade.policy import time_of
from crucible_pipeline.upgrade.target import Candidate

SNAPSHOT = "contract.json"
CHANGELOG = "CHANGELOG.md"
MAX_MEMBER_BYTES = 16 << 20
MAX_MEMBERS = 20_000


class Shelf:
    """The releases of a package. Asks the index once for each thing, however many services want it.

    Args:
        index: where.
        package: normalized name of the distribution.
    """

    def __init__(self, index: Index, package: str) -> None:
        self.package = package
        self._index = index
        self._releases: tuple[Release, ...] | None = None
        self._contracts: dict[Version, Contract | None] = {}
        self._changes: dict[tuple[Version, Version], Sequence[Change]] = {}
        self._changelogs: dict[Version, str | None] = {}

    def _files(self) -> tuple[Release, ...]:
        if self._releases is None:
            self._releases = self._index.releases(self.package)
            if not self._releases:
                raise CannotDo(
                    f"the index at {self._index.url} has no {self.package}",
                    "give the address of the right index with --index-url",
                )
        return self._releases

    def candidates(self) -> dict[Version, Candidate]:
        """Every version in the index.

        Raises:
            CannotDo: the index is down, or does not know the package.
        """
        by_version: dict[Version, list[Release]] = {}
        for release in self._files():
            by_version.setdefault(release.version, []).append(release)
        return {
            version: Candidate(
                version,
                all(release.yanked is not None for release in files),
                tuple(release.requires_python for release in files if release.requires_python),
                tuple(f"sha256:{release.sha256}" for release in files if release.sha256),
                _last(files),
            )
            for version, files in by_version.items()
        }

    def contract(self, version: Version) -> Contract | None:
        """The contract in a version's wheel; None where it has no wheel or the wheel no contract.

        Raises:
            Refused: the wheel's hash or its contract is not what it should be.
        """
        if version not in self._contracts:
            wheel = self._file(version, "bdist_wheel")
            content = _member_of_wheel(self._index.download(wheel), SNAPSHOT) if wheel is not None else None
            where = f"{wheel.filename}/{SNAPSHOT}" if wheel is not None else ""
            text = content.decode("utf-8", "replace") if content is not None else None
            self._contracts[version] = restore(text, where) if text is not None else None
        return self._contracts[version]

    def changes(self, old: Version, new: Version) -> Sequence[Change]:
        """What changed between the contracts of two versions, which both have one.

        Raises:
            Refused: one of them has none, or it is not what it should be.
        """
        before, after = self.contract(old), self.contract(new)
        if before is None or after is None:
            raise Refused(f"a wheel of {self.package} {old} or {new} holds no {SNAPSHOT}")
        if (old, new) not in self._changes:
            self._changes[old, new] = diff(before, after)
        return self._changes[old, new]

    def changelog(self, version: Version) -> str | None:
        """The changelog in a version's source distribution; None where there is none."""
        if version not in self._changelogs:
            sdist = self._file(version, "sdist")
            content = _member_of_sdist(self._index.download(sdist), CHANGELOG) if sdist is not None else None
            self._changelogs[version] = content.decode("utf-8", "replace") if content is not None else None
        return self._changelogs[version]

    def _file(self, version: Version, kind: str) -> Release | None:
        fitting = (item for item in self._files() if item.version == version and item.kind == kind)
        return next(fitting, None)


def _last(files: Sequence[Release]) -> datetime | None:
    """When the last file of a release came into the index; None if that is not known of each."""
    times = [time_of(release.uploaded) for release in files]
    known = [time for time in times if time is not None]
    return max(known) if len(known) == len(times) else None


def _member_of_wheel(data: bytes, name: str) -> bytes | None:
    """The only file of a name one folder deep (the import package) in a wheel."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:
            found = [
                info
                for info in wheel.infolist()
                if info.filename.count("/") == 1 and info.filename.endswith(f"/{name}")
            ]
            if len(found) != 1:
                return None
            if found[0].file_size > MAX_MEMBER_BYTES:
                raise Refused(f"{name} in the wheel is larger than {MAX_MEMBER_BYTES} bytes")
            with wheel.open(found[0]) as member:
                return member.read(MAX_MEMBER_BYTES)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise Refused(f"the wheel cannot be read: {error}") from None


def _member_of_sdist(data: bytes, name: str) -> bytes | None:
    """A file of the top folder of a source distribution; read member by member, nothing is extracted."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r|gz") as sdist:
            for number, member in enumerate(sdist):
                if number > MAX_MEMBERS or member.size > 4 * MAX_MEMBER_BYTES:
                    return None
                if member.isfile() and member.name.count("/") == 1 and member.name.endswith(f"/{name}"):
                    content = sdist.extractfile(member)
                    return content.read(MAX_MEMBER_BYTES) if content is not None else None
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError) as error:
        raise Refused(f"the source distribution cannot be read: {error}") from None
    return None


def pip_index_url(environment: Mapping[str, str]) -> str | None:
    """The index that pip is configured for; None if it is configured for none."""
    if environment.get("PIP_INDEX_URL"):
        return environment["PIP_INDEX_URL"]
    asked = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "get", "global.index-url"]
    try:
        done = subprocess.run(
            asked, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
