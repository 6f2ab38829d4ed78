"""`crucible index verify|prune|export|import`: care of a whole index, also while it is served."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from crucible_pipeline.cli.app import print_json
from crucible_pipeline.cli.index_options import Data, Format
from crucible_pipeline.cli.serve import DEFAULT_DATA
from crucible_pipeline.errors import Refused
from crucible_pipeline.index import recorded
from crucible_pipeline.index.audit import Ledger, this_user
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.export import export, nginx_configuration
from crucible_pipeline.index.intake import Received, from_folder, from_index
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.place import is_bucket, store_at
from crucible_pipeline.index.prune import Rule, prune
from crucible_pipeline.index.repair import repair
from crucible_pipeline.index.store import Store
from crucible_pipeline.index.verify import Survey, survey
from crucible_pipeline.release.gate import gate

Existing = Callable[[str], Store]


def register(group: typer.Typer, existing: Existing) -> None:
    """Add the commands.

    Args:
        group: `crucible index`.
        existing: gives the store of an index that is there.
    """
    _register_verify(group, existing)
    _register_prune(group, existing)
    _register_export(group, existing)
    _register_import(group)


def _register_verify(group: typer.Typer, existing: Existing) -> None:
    @group.command(name="verify")
    def verify(
        *,
        data: Data = DEFAULT_DATA,
        mend: Annotated[
            bool, typer.Option("--repair", help="Mend what can be, and list nothing that is lost.")
        ] = False,
        form: Format = "text",
    ) -> None:
        """Hash every published file and compare every page with its document.

        With --repair, pages are rendered again; a file whose content is lost or damaged is no longer listed,
        until the same file is uploaded again; content that no document lists goes after a day. So a copy of
        the folder, taken with any program at any moment, is a backup: restore it, then run this on it.
        """
        catalog = Catalog(existing(data))
        done: tuple[str, ...] = ()
        if mend:
            with Ledger(catalog.store).change(this_user(), "repair"):
                done = repair(catalog)
        found = survey(catalog)
        if form == "json":
            print_json({**_as_dict(found), "repaired": list(done)})
        else:
            for each in done:
                print(f"repaired: {each}")
            for finding in found.findings:
                print(f"{finding.kind}: {finding.key}: {finding.what}")
            faults = sum(finding.is_fault for finding in found.findings)
            print(f"{found.files} files of {found.projects} projects, {faults} faults")
        if any(finding.is_fault for finding in found.findings):
            raise typer.Exit(1)


def _register_prune(group: typer.Typer, existing: Existing) -> None:
    @group.command(name="prune")
    def command(
        project: Annotated[list[str] | None, typer.Argument(help="Which; all if not given.")] = None,
        *,
        older: Annotated[int, typer.Option("--dev-older-than", min=0, metavar="DAYS", help="Days.")] = 90,
        keep: Annotated[int, typer.Option(min=1, help="The newest that stay, of each line X.Y.")] = 3,
        pin: Annotated[
            list[str] | None,
            typer.Option(help="A specifier that a service pins, as ==0.4.0.dev3; what it takes stays."),
        ] = None,
        apply: Annotated[
            bool, typer.Option("--apply", help="Remove them; else they are only named.")
        ] = False,
        data: Data = DEFAULT_DATA,
        form: Format = "text",
    ) -> None:
        """Remove old development releases (X.Y.Z.devN); no other release is ever removed."""
        rule = Rule(timedelta(days=older), keep, tuple(_specifier(text) for text in pin or ()))
        catalog = Catalog(existing(data))
        names = [normalized(name) for name in project] if project else list(catalog.projects())
        gone = {name: [str(each) for each in _pruned(catalog, name, rule, apply=apply)] for name in names}
        if form == "json":
            print_json({"applied": apply, "releases": gone})
            return
        for name, versions in gone.items():
            for version in versions:
                print(f"{name} {version}")
        count = sum(map(len, gone.values()))
        print(f"{count} releases are removed" if apply else f"{count} releases would go; give --apply")


def _pruned(catalog: Catalog, name: str, rule: Rule, *, apply: bool) -> tuple[Version, ...]:
    disposable = prune(catalog, name, rule, dry=True)
    if not apply or not disposable:
        return disposable
    versions = ",".join(map(str, disposable))
    with Ledger(catalog.store).change(this_user(), "prune", name, versions=versions):
        return prune(catalog, name, rule)


def _register_export(group: typer.Typer, existing: Existing) -> None:
    @group.command(name="export")
    def command(
        target: Annotated[str, typer.Argument(metavar="DIR", help="A folder, or the address of a bucket.")],
        *,
        nginx: Annotated[
            bool, typer.Option("--nginx", help="Print the configuration with which nginx serves it.")
        ] = False,
        data: Data = DEFAULT_DATA,
        form: Format = "text",
    ) -> None:
        """Write the index as plain files, for nginx, a CDN or a bucket's website; again for what is new.

        pip and uv install from DIR/simple/ behind any web server that answers a folder with its index.html.
        Tokens, the audit log and quarantined files are not among the files.
        """
        done = export(Catalog(existing(data)), store_at(target))
        if nginx:
            print(nginx_configuration(Path(target)), end="")
        elif form == "json":
            print_json(
                {
                    "projects": done.projects,
                    "files": done.files,
                    "written": done.written,
                    "removed": done.removed,
                }
            )
        else:
            changed = f"{done.written} written, {done.removed} removed"
            print(f"{done.files} files of {done.projects} projects, {changed}")


def _register_import(group: typer.Typer) -> None:
    @group.command(name="import")
    def command(
        source: Annotated[str, typer.Argument(help="A folder of files, or the URL of a simple index.")],
        *,
        project: Annotated[
            list[str] | None, typer.Option("--project", help="Of an index: which; all if not given.")
        ] = None,
        data: Data = DEFAULT_DATA,
        form: Format = "text",
    ) -> None:
        """Take over what a pypiserver, a devpi or another index has; each file is checked like an upload."""
        catalog = Catalog(store_at(data))
        taken = list(_told(_intake(catalog, source, project), quiet=form == "json"))
        refused = sum(each.outcome == "refused" for each in taken)
        if form == "json":
            rows = [{"file": each.name, "outcome": each.outcome, "why": each.why or None} for each in taken]
            print_json(rows)
        else:
            print(f"{len(taken) - refused} files are here, {refused} were refused")
        if refused:
            raise typer.Exit(1)


def _intake(catalog: Catalog, source: str, projects: list[str] | None) -> Iterator[Received]:
    entering = recorded.told(gate, Ledger(catalog.store), this_user())
    if not is_bucket(source):
        yield from from_folder(catalog, Path(source), entering)
        return
    # Here: a folder is taken over without a client.
    from crucible_pipeline.index.client import Index  # noqa: PLC0415

    with Index(source) as index:
        yield from from_index(catalog, index, projects or index.projects(), entering)


def _told(taken: Iterable[Received], *, quiet: bool) -> Iterator[Received]:
    for each in taken:
        if not quiet:
            print(f"{each.outcome}: {each.name}{f': {each.why}' if each.why else ''}", flush=True)
        yield each


def _specifier(text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        raise Refused(f"{text[:80]!r} is no version specifier", "write it as ==0.4.*") from None


def _as_dict(found: Survey) -> dict[str, object]:
    return {
        "projects": found.projects,
        "files": found.files,
        "sound": not any(finding.is_fault for finding in found.findings),
        "findings": [
            {"kind": finding.kind, "key": finding.key, "what": finding.what} for finding in found.findings
        ],
    }
