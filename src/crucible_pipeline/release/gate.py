"""The index's gate: a release whose version is too small for what its contract changes stays out.

Pure but for the calendar, which is handed in: a waiver that has expired no longer counts.
"""

import tarfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import BinaryIO

from packaging.version import Version

from crucible_pipeline.compat.verdict import judge
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.snapshot import restore
from crucible_pipeline.contracts.waivers import in_text
from crucible_pipeline.errors import Problem, Refused
from crucible_pipeline.index.catalog import Candidate, Published
from crucible_pipeline.release.candidate import rivals
from crucible_pipeline.version import is_enough

_MAX_BYTES = 64 << 20
_SNAPSHOT = "contract.json"
_WAIVERS = "contracts/waivers.yaml"
_MAX_READ = 256
_read: dict[str, Contract | None] = {}


def _today() -> date:
    return datetime.now(UTC).date()


def gate(candidate: Candidate, *, mode: str = "full", today: Callable[[], date] = _today) -> str | None:
    """Judge a file on its way into the index by the `contract.json` that it and the releases before hold.

    Args:
        candidate: a valid file; yanked releases and pre-releases before it promise nothing.
        mode: `full`, `backward` or `forward`, as the project's own check counts.
        today: tells the day.

    Returns:
        None where it may enter: its project publishes no contracts, it is the first release of its line or
        its version is enough and its waivers hold. Otherwise one sentence that says what to do.
    """
    published = {
        file.version: file
        for file in candidate.previous()
        if file.filename.endswith(".whl") and not file.yanked and file.version != candidate.version
    }
    others = rivals(published, candidate.version)
    bases = {str(version): found for version in others if (found := _of(published[version])) is not None}
    if not bases:
        return _waivers_of_the_first(candidate, today())
    try:
        contract = contract_in(candidate.filename, candidate.content())
    except Refused as error:
        return f"the {_SNAPSHOT} of {candidate.project} {candidate.version} cannot be read: {error.what}"
    if contract is None:
        return (
            f"{candidate.filename} holds no {_SNAPSHOT} and earlier releases of {candidate.project} do;"
            " build it with crucible publish"
        )
    newest = max(map(Version, bases))
    verdict = judge(contract, bases, package=candidate.project, newest=newest, mode=mode, today=today())
    if verdict.problems:
        return _told(verdict.problems)
    if is_enough(candidate.version, newest, verdict.required_bump):
        return None
    return (
        f"{candidate.project} {candidate.version} changes what {newest} promised and needs a"
        f" {verdict.required_bump} release; release it as {verdict.next_version}"
    )


def _waivers_of_the_first(candidate: Candidate, day: date) -> str | None:
    """A first release is compared with nothing, so a waiver in it matches nothing."""
    try:
        contract = contract_in(candidate.filename, candidate.content())
    except Refused:
        return None  # some other project's file of that name
    if contract is None or not contract.waivers:
        return None
    none: dict[str, Contract] = {}
    verdict = judge(contract, none, package=candidate.project, newest=None, mode="full", today=day)
    return _told(verdict.problems) or None


def _told(problems: Iterable[Problem]) -> str:
    return "; ".join(f"{problem.mark}: {problem.what}, {problem.todo}" for problem in problems)


def contract_in(filename: str, content: BinaryIO) -> Contract | None:
    """The contract in a wheel or sdist that the index has accepted; None where it holds none.

    Raises:
        Refused: its `contract.json` cannot be understood.
    """
    member = _in_wheel if filename.endswith(".whl") else _in_sdist
    text = member(content, f"/{_SNAPSHOT}")
    if text is None:
        return None
    try:
        contract = restore(text.decode(), filename)
    except UnicodeDecodeError:
        raise Refused(f"{filename} holds a {_SNAPSHOT} that is no UTF-8") from None
    return _placed(contract, member(content, f"/{_WAIVERS}")) if contract.waivers else contract


def _placed(contract: Contract, text: bytes | None) -> Contract:
    """The contract with the places of its waivers, which its snapshot leaves out, if the YAML is at hand."""
    found = in_text(text.decode("utf-8", "replace"), _WAIVERS) if text is not None else ()
    return replace(contract, waivers=found) if found == contract.waivers else contract


def _of(file: Published) -> Contract | None:
    """The contract in a published file; read once, since its content never changes."""
    if file.sha256 not in _read:
        if len(_read) >= _MAX_READ:
            _read.clear()
        with file.content() as content:
            _read[file.sha256] = contract_in(file.filename, content)
    return _read[file.sha256]


def _in_wheel(content: BinaryIO, ending: str) -> bytes | None:
    """The file of a wheel's import package whose path in there is the ending."""
    with zipfile.ZipFile(content) as archive:
        for info in archive.infolist():
            folder, slash, rest = info.filename.partition("/")
            if folder and f"{slash}{rest}" == ending and info.file_size <= _MAX_BYTES:
                return archive.read(info)
    return None


def _in_sdist(content: BinaryIO, ending: str) -> bytes | None:
    content.seek(0)
    with tarfile.open(fileobj=content, mode="r:gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() and member.size <= _MAX_BYTES else None
            if file is not None and member.name.endswith(ending):
                return file.read()
    return None
