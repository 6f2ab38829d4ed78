"""Verifies releases for whoever installs them: hash, attestation, SBOM and source commit of each file."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crucible_pipeline.errors import CannotDo, CrucibleError, Refused
from crucible_pipeline.index.names import Filename
from crucible_pipeline.release.evidence import Opener, Source, sbom_agrees, source_in, statement
from crucible_pipeline.release.pinned import Pinned
from crucible_pipeline.release.shelves import Found, Shelf


class Result(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Args:
        check: `hash`, `attestation`, `sbom` or `source`.
        result: how it ended.
        told: what was found, in a few words.
        todo: what to do about it; empty where it passed.
    """

    check: str
    result: Result
    told: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out about one file, or about a release of which there is none.

    Args:
        pin: what was to be verified.
        file: its name; empty where there is none.
        sha256: of what is there; empty where nothing is.
        commit: that it was built from, as the trusted key says; empty where it does not.
        findings: in the order of the checks.
    """

    pin: Pinned
    file: str
    sha256: str
    commit: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose statements count.

    Args:
        told: who that is, in a few words.
        opener: gives what they signed.
    """

    told: str
    opener: Callable[[Filename, str], Opener]


@dataclass(frozen=True, slots=True)
class Trust:
    """What is trusted, and of what more than a hash is asked.

    Args:
        signer: whose statements count; None where nobody was named.
        attested: normalized names of the packages that have to be attested; None for all.
        source: the commit that they have to come from; None where any will do.
    """

    signer: Signer | None
    attested: frozenset[str] | None = None
    source: Source | None = None

    def asks_more_of(self, pin: Pinned) -> bool:
        """Whether a hash alone is too little."""
        return self.attested is None or pin.name in self.attested


def verified(pins: Iterable[Pinned], shelf: Shelf, trust: Trust) -> Iterator[Report]:
    """Verify each file of each release that may be installed.

    Args:
        pins: the releases; where one has hashes, only the files with these count.
        shelf: where the files are.
        trust: what is asked of them.
    """
    for pin in pins:
        try:
            files = shelf.files(pin.name, pin.version)
        except CannotDo as error:
            yield Report(pin, "", "", "", (_failed("hash", error),))
            continue
        reports = [_report(one, pin, trust) for one in files if _wanted(one, pin)]
        yield from reports or [_missing(pin, files)]


def exit_code(reports: Iterable[Report]) -> int:
    """1 if a check failed, else 2 if one was impossible, else 0."""
    results = {finding.result for report in reports for finding in report.findings}
    return 1 if Result.FAILED in results else 2 if Result.IMPOSSIBLE in results else 0


def _wanted(found: Found, pin: Pinned) -> bool:
    """Whether an installer could take the file; of a folder's the content says so, when it is read."""
    return pin.hashes is None or found.listed is None or found.listed.lower() in pin.hashes


def _missing(pin: Pinned, files: list[Found]) -> Report:
    if files:
        told = f"none of the {len(files)} listed files has a hash of {pin.mark.file}:{pin.mark.line}"
        finding = Finding("hash", Result.FAILED, told, "do not install it; ask who published it")
    else:
        told = f"there is no file of {pin.name} {pin.version}"
        finding = Finding(
            "hash", Result.IMPOSSIBLE, told, "look at the version, and at where it is looked for"
        )
    return Report(pin, "", "", "", (finding,))


def _report(found: Found, pin: Pinned, trust: Trust) -> Report:
    more = trust.asks_more_of(pin)
    if not more and found.listed is not None:
        # What pip would download has this hash or is refused: the listing answers already.
        finding = _passed("hash", "in the requirements and the index")
        return Report(pin, found.name.text, found.listed, "", (finding,))
    try:
        content = found.content()
    except CrucibleError as error:
        return Report(pin, found.name.text, "", "", (_failed("hash", error),))
    sha256 = hashlib.sha256(content).hexdigest()
    findings = [_hash(found, pin, sha256)]
    commit = ""
    if more:
        attested, stated = _attested(found, sha256, trust)
        built = None
        findings.append(attested)
        if found.name.kind == "bdist_wheel":
            held, built = _sbom(found, content)
            findings.append(held)
        origin, commit = _source(stated, built, trust)
        findings.append(origin)
    return Report(pin, found.name.text, sha256, commit, tuple(findings))


def _hash(found: Found, pin: Pinned, sha256: str) -> Finding:
    if pin.hashes is not None and sha256 not in pin.hashes:
        told = f"sha256 {sha256} is none of those in {pin.mark.file}:{pin.mark.line}"
        return Finding("hash", Result.FAILED, told, "do not install it; ask who published it")
    places = [
        *(["the requirements"] if pin.hashes is not None else []),
        *(["the index"] if found.listed is not None else []),
    ]
    return _passed("hash", f"in {' and '.join(places)}" if places else f"sha256 {sha256}")


def _attested(found: Found, sha256: str, trust: Trust) -> tuple[Finding, Mapping[str, Any] | None]:
    if trust.signer is None:
        todo = "give the publisher's public key with --trusted-key, or its repository with --github"
        return Finding("attestation", Result.IMPOSSIBLE, "nobody is trusted", todo), None
    try:
        opener = trust.signer.opener(found.name, sha256)
        stated = statement(found.evidence(), opener, found.name, sha256)
    except CrucibleError as error:
        return _failed("attestation", error), None
    return _passed("attestation", f"signed by {trust.signer.told}"), stated


def _sbom(found: Found, content: bytes) -> tuple[Finding, str | None]:
    try:
        commit = sbom_agrees(content, found.name)
    except Refused as error:
        return _failed("sbom", error), None
    return _passed("sbom", "in the wheel, as its metadata say"), commit


def _source(stated: Mapping[str, Any] | None, built: str | None, trust: Trust) -> tuple[Finding, str]:
    """Whether the statement names a commit, the SBOM the same, and the user no other."""
    if stated is None:
        todo = "look at the attestation first"
        return Finding("source", Result.IMPOSSIBLE, "nothing that is trusted names a commit", todo), ""
    try:
        named = source_in(stated)
        if built is not None and built != named.commit:
            raise Refused(f"the statement names commit {named.commit}, the SBOM {built}", "ask the publisher")
        wanted = trust.source
        if wanted is not None and (wanted.address, wanted.commit) != (named.address, named.commit):
            raise Refused(
                f"it was built from {named.address or 'a repository without an address'} at {named.commit},"
                f" not from {wanted.address} at {wanted.commit}",
                "do not install it; ask who published it",
            )
    except Refused as error:
        return _failed("source", error), ""
    told = f"commit {named.commit}" + (f" of {named.address}" if named.address else "")
    return _passed("source", told + (f", tag {named.tag}" if named.tag else "")), named.commit


def _passed(check: str, told: str) -> Finding:
    return Finding(check, Result.PASSED, told)


def _failed(check: str, error: CrucibleError) -> Finding:
    result = Result.FAILED if isinstance(error, Refused) else Result.IMPOSSIBLE
    return Finding(check, result, error.what, error.todo)
