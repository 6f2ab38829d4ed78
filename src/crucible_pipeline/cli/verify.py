"""`crucible verify`: is what would be installed what its publisher made?"""

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from packaging.utils import canonicalize_name

from crucible_pipeline.cli.app import print_json, text_or_json
from crucible_pipeline.errors import CannotDo, Mark, Refused
from crucible_pipeline.release.consumer import Report, Signer, Trust, exit_code, verified
from crucible_pipeline.release.dsse import key_id
from crucible_pipeline.release.evidence import by_key, public_key, source
from crucible_pipeline.release.pinned import MAX_FILES, Pinned, included, pinned, requirement
from crucible_pipeline.release.shelves import Folder, Shelf, read

_MAX_BYTES = 8 << 20
_HELP = """Verify releases before they are installed: hash, attestation, SBOM and source commit, a line each.

Exit 1 if a check fails, 2 if one is impossible. A credential of the index comes from CRUCIBLE_TOKEN.

Examples:

  crucible verify crucible-shared==0.3.2 --trusted-key release.pub

  crucible verify --requirements requirements.txt --trusted-key release.pub

                                                      every pin by its hash, crucible-shared in full

  crucible verify crucible-shared==0.3.2 --offline dist --trusted-key release.pub

  crucible verify crucible-shared==0.3.2 --trusted-key release.pub --source https://forge.example/a/b@COMMIT
"""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("verify", help=_HELP)
    def command(
        *,
        wanted: Annotated[
            list[str] | None, typer.Argument(metavar="[NAME==VERSION]...", help="Releases, each in full.")
        ] = None,
        requirements: Annotated[
            Path | None, typer.Option(help="A requirements file with hashes: every pin in it is verified.")
        ] = None,
        package: Annotated[
            list[str] | None,
            typer.Option(help="What has to be attested among the requirements; default: crucible-shared."),
        ] = None,
        trusted_key: Annotated[
            Path | None,
            typer.Option(envvar="CRUCIBLE_TRUSTED_KEY", help="The publisher's Ed25519 key in PEM."),
        ] = None,
        github: Annotated[
            str, typer.Option(metavar="OWNER/NAME", help="Trust what a workflow of this repository signed.")
        ] = "",
        workflow: Annotated[str, typer.Option(help="Which one, with --github.")] = "release.yml",
        index_url: Annotated[
            str, typer.Option(help="The index; CRUCIBLE_INDEX_URL or PIP_INDEX_URL if not given.")
        ] = "",
        offline: Annotated[
            Path | None, typer.Option(metavar="DIR", help="Ask no index: the files lie in this folder.")
        ] = None,
        from_: Annotated[
            str,
            typer.Option("--source", metavar="REPO@COMMIT", help="The commit that they have to come from."),
        ] = "",
        form: Annotated[
            str, typer.Option("--format", metavar="text|json", help="How to report.", callback=text_or_json)
        ] = "text",
    ) -> None:
        pins = [requirement(text, Mark("the command line")) for text in wanted or ()]
        attested = {pin.name for pin in pins} | {canonicalize_name(name) for name in package or ()}
        if requirements is not None:
            attested = attested or {"crucible-shared"}
            pins += _pinned(requirements, attested)
        if not pins:
            raise CannotDo("nothing is to be verified", "name a release, or give --requirements")
        signer = _signer(trusted_key, github, workflow, offline=offline is not None)
        trust = Trust(signer, frozenset(attested), source(from_) if from_ else None)
        with _shelf(offline, index_url) as shelf:
            reports = list(verified(pins, shelf, trust))
        if form == "json":
            print_json(_document(reports))
        else:
            print("\n".join(_text(reports)))
        raise typer.Exit(exit_code(reports))


def _signer(key: Path | None, github: str, workflow: str, *, offline: bool) -> Signer | None:
    if key is not None and github:
        raise Refused("a key and a repository are trusted at once", "give --trusted-key or --github")
    if github:
        # Late, for a key needs nothing of Sigstore.
        from crucible_pipeline.release.workflow import by_workflow  # noqa: PLC0415

        return by_workflow(github, workflow, offline=offline)
    if key is None:
        return None
    trusted = public_key(read(key, _MAX_BYTES))
    opener = by_key(trusted)
    return Signer(f"the key {key_id(trusted)[:16]}", lambda _name, _sha256: opener)


def _pinned(path: Path, attested: Iterable[str]) -> list[Pinned]:
    """What a requirements file pins, with all that it includes."""
    files: dict[str, str] = {}
    left = [path]
    while left:
        one = left.pop()
        if os.fspath(one) in files:
            continue
        if len(files) == MAX_FILES:
            raise Refused(f"{path} includes more than {MAX_FILES} files", "give them one by one")
        text = read(one, _MAX_BYTES).decode("utf-8-sig", "replace")
        files[os.fspath(one)] = text
        left += [Path(os.path.normpath(one.parent / name)) for name in included(text)]
    found = pinned(os.fspath(path), files)
    lacking = sorted(set(attested) - {pin.name for pin in found})
    if lacking:
        raise Refused(
            f"{path} pins no {', '.join(lacking)}", "name with --package what has to be attested in it"
        )
    return found


@contextmanager
def _shelf(offline: Path | None, given: str) -> Generator[Shelf]:
    if offline is not None:
        yield Folder(offline)
        return
    own = given or os.environ.get("CRUCIBLE_INDEX_URL", "")
    url = own or os.environ.get("PIP_INDEX_URL", "")
    if not url:
        raise CannotDo("no package index is named", "give --index-url, CRUCIBLE_INDEX_URL or --offline")
    # Late, for a folder needs no HTTP client.
    from crucible_pipeline.index.client import Index  # noqa: PLC0415
    from crucible_pipeline.release.indexed import Indexed  # noqa: PLC0415

    # PIP_INDEX_URL may be another party's: our token goes only where it was meant to go.
    token = os.environ.get("CRUCIBLE_TOKEN") if own and "@" not in own else None
    with Index(url, "__token__" if token else None, token) as index:
        yield Indexed(index)


def _document(reports: list[Report]) -> dict[str, object]:
    return {
        "verified": exit_code(reports) == 0,
        "files": [
            {
                "package": one.pin.name,
                "version": str(one.pin.version),
                "file": one.file or None,
                "sha256": one.sha256 or None,
                "commit": one.commit or None,
                "checks": [
                    {"check": it.check, "result": it.result.value, "told": it.told, "todo": it.todo or None}
                    for it in one.findings
                ],
            }
            for one in reports
        ],
    }


def _text(reports: list[Report]) -> Generator[str]:
    for one in reports:
        yield one.file or f"{one.pin.name}=={one.pin.version}"
        for it in one.findings:
            todo = f"; {it.todo}" if it.todo else ""
            yield f"  {it.check:<12}{it.result.value:<11} {it.told}{todo}"
