"""The index's gate: a release whose version is too small for what its contract changes stays out. Pure."""

import io
import tarfile
import zipfile

from packaging.version import Version

from crucible_pipeline.compat.verdict import judge
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.snapshot import restore
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.catalog import Candidate, Published
from crucible_pipeline.release.candidate import rivals
from crucible_pipeline.version import is_enough

_MAX_BYTES = 64 << 20
_SNAPSHOT = "contract.json"


def gate(candidate: Candidate, *, mode: str = "full") -> str | None:
    """Judge a file on its way into the index by the `contract.json` that it and the releases before hold.

    Args:
        candidate: a valid file; yanked releases and pre-releases before it promise nothing.
        mode: `full`, `backward` or `forward`, as the project's own check counts.

    Returns:
        None where it may enter: its project publishes no contracts, it is the first release of its line or
        its version is enough. Otherwise one sentence that names the version to take.
    """
    published = {
        file.version: file
        for file in candidate.previous()
        if file.filename.endswith(".whl") and not file.yanked and file.version != candidate.version
    }
    others = rivals(published, candidate.version)
    bases = {str(version): found for version in others if (found := _of(published[version])) is not None}
    if not bases:
        return None
    try:
        contract = contract_in(candidate.filename, candidate.read())
    except Refused as error:
        return f"the {_SNAPSHOT} of {candidate.project} {candidate.version} cannot be read: {error.what}"
    if contract is None:
        return (
            f"{candidate.filename} holds no {_SNAPSHOT} and earlier releases of {candidate.project} do;"
            " build it with crucible publish"
        )
    newest = max(map(Version, bases))
    verdict = judge(contract, bases, package=candidate.project, newest=newest, mode=mode)
    if is_enough(candidate.version, newest, verdict.required_bump):
        return None
    return (
        f"{candidate.project} {candidate.version} changes what {newest} promised and needs a"
        f" {verdict.required_bump} release; release it as {verdict.next_version}"
    )


def contract_in(filename: str, content: bytes) -> Contract | None:
    """The contract in a wheel or sdist that the index has accepted; None where it holds none.

    Raises:
        Refused: its `contract.json` cannot be understood.
    """
    text = _from_wheel(content) if filename.endswith(".whl") else _from_sdist(content)
    try:
        return None if text is None else restore(text.decode(), filename)
    except UnicodeDecodeError:
        raise Refused(f"{filename} holds a {_SNAPSHOT} that is no UTF-8") from None


def _of(file: Published) -> Contract | None:
    return contract_in(file.filename, file.read())


def _from_wheel(content: bytes) -> bytes | None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            folder, _, name = info.filename.rpartition("/")
            if name == _SNAPSHOT and "/" not in folder and info.file_size <= _MAX_BYTES:
                return archive.read(info)
    return None


def _from_sdist(content: bytes) -> bytes | None:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() and member.size <= _MAX_BYTES else None
            if file is not None and member.name.rpartition("/")[2] == _SNAPSHOT:
                return file.read()
    return None
