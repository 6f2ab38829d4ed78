"""What the index holds of one package: its releases, and of each the contract and the changelog."""

import io
import subprocess
import sys
import tarfile
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
from crucible_pipeline.upgrade.once import Once
from crucible_pipeline.upgrade.policy import time_of
from crucible_pipeline.upgrade.target import Candidate
from crucible_pipeline.upgrade.wheel_code import code_of, top_member

SNAPSHOT = "contract.json"
CHANGELOG = "CHANGELOG.md"
MAX_MEMBER_BYTES = 16 << 20
MAX_MEMBERS = 20_000


class Shelf:
    """The releases of a package. Asks the index once for each thing, whoever wants it, in any thread.

    Args:
        index: where.
        package: normalized name of the distribution.
    """

    def __init__(self, index: Index, package: str) -> None:
        self.package = package
        self._index = index
        self._files = Once(self._asked)
        self._candidates = Once(self._offered)
        self._contracts = Once(self._contract)
        self._changes = Once(self._changed)
        self._changelogs = Once(self._changelog)
        self._code = Once(self._coded)
        self._wheels = Once(self._wheeled)

    def _asked(self, package: str) -> tuple[Release, ...]:
        found = self._index.releases(package)
        if not found:
            raise CannotDo(
                f"the index at {self._index.url} has no {package}",
                "give the address of the right index with --index-url",
            )
        return found

    def candidates(self) -> dict[Version, Candidate]:
        """Every version in the index.

        Raises:
            CannotDo: the index is down, or does not know the package.
        """
        return self._candidates(self.package)

    def _offered(self, package: str) -> dict[Version, Candidate]:
        by_version: dict[Version, list[Release]] = {}
        for release in self._files(package):
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
            CannotDo: the index does not give it.
        """
        return self._contracts(version)

    def _contract(self, version: Version) -> Contract | None:
        wheel = self._file(version, "bdist_wheel")
        if wheel is None:
            return None
        found = top_member(self._index.download(wheel), SNAPSHOT, MAX_MEMBER_BYTES)
        if found is None:
            return None
        return restore(found[1].decode("utf-8", "replace"), f"{wheel.filename}/{SNAPSHOT}")

    def changes(self, old: Version, new: Version) -> Sequence[Change]:
        """What changed between the contracts of two versions, which both have one.

        Raises:
            Refused: one of them has none, or it is not what it should be.
            CannotDo: the index does not give one.
        """
        return self._changes((old, new))

    def _changed(self, versions: tuple[Version, Version]) -> Sequence[Change]:
        old, new = (self.contract(version) for version in versions)
        if old is None or new is None:
            raise Refused(f"a wheel of {self.package} {versions[0]} or {versions[1]} holds no {SNAPSHOT}")
        return diff(old, new)

    def code(self, version: Version) -> Mapping[str, bytes]:
        """The code of the package in a version's wheel: path below the package → content; to be read only.

        Raises:
            Refused: the wheel is not what it should be.
            CannotDo: the index does not give it.
        """
        return self._code(version)

    def _coded(self, version: Version) -> Mapping[str, bytes]:
        wheel, contract = self._file(version, "bdist_wheel"), self.contract(version)
        if wheel is None or contract is None:
            return {}
        return code_of(self._index.download(wheel), contract.package.import_name)

    @property
    def index_url(self) -> str:
        """Where the index is, without credentials."""
        return self._index.url

    def wheel(self, version: Version) -> tuple[str, bytes] | None:
        """The name and the content of a version's wheel; None where it has none.

        Raises:
            Refused: it is not what the index said.
            CannotDo: the index does not give it.
        """
        return self._wheels(version)

    def _wheeled(self, version: Version) -> tuple[str, bytes] | None:
        wheel = self._file(version, "bdist_wheel")
        return (wheel.filename, self._index.download(wheel)) if wheel is not None else None

    def changelog(self, version: Version) -> str | None:
        """The changelog in a version's source distribution; None where there is none."""
        return self._changelogs(version)

    def _changelog(self, version: Version) -> str | None:
        sdist = self._file(version, "sdist")
        content = _member_of_sdist(self._index.download(sdist), CHANGELOG) if sdist is not None else None
        return content.decode("utf-8", "replace") if content is not None else None

    def _file(self, version: Version, kind: str) -> Release | None:
        fitting = (
            item for item in self._files(self.package) if item.version == version and item.kind == kind
        )
        return next(fitting, None)


def _last(files: Sequence[Release]) -> datetime | None:
    """When the last file of a release came into the index; None if that is not known of each."""
    times = [time_of(release.uploaded) for release in files]
    known = [time for time in times if time is not None]
    return max(known) if len(known) == len(times) else None


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
