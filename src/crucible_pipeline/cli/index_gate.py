"""`crucible index check` and `crucible index policy`: what may enter the index."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from crucible_pipeline.cli.app import print_json
from crucible_pipeline.cli.index_options import Data, Format
from crucible_pipeline.cli.serve import DEFAULT_DATA
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.archive import judged
from crucible_pipeline.index.audit import Ledger, this_user
from crucible_pipeline.index.fault import Faulty
from crucible_pipeline.index.names import normalized, parse_filename
from crucible_pipeline.index.policy import EVERY, MAX_SEAL_DAYS, Policies, Policy
from crucible_pipeline.index.store import Store


def register(group: typer.Typer, existing: Callable[[str], Store]) -> None:
    """Add the commands.

    Args:
        group: `crucible index`.
        existing: gives the store of an index that is there.
    """
    _register_check(group)
    _register_policy(group, existing)


def _register_check(group: typer.Typer) -> None:
    @group.command(name="check")
    def check(
        file: Annotated[list[Path], typer.Argument(help="Wheels and source distributions.")],
        *,
        form: Format = "text",
    ) -> None:
        """Judge files as an upload would: all that keeps each of them out, and what to do."""
        rows = [row for path in file for row in _faults(path)]
        if form == "json":
            print_json(rows)
        for row in rows if form != "json" else ():
            print(f"{Path(row['file']).name} {row['what']}; {row['todo']} [{row['rule']}]")
        out = {row["file"] for row in rows}
        if form != "json":
            print(f"{len(file) - len(out)} of {len(file)} files may enter")
        if rows:
            raise typer.Exit(1)


def _register_policy(group: typer.Typer, existing: Callable[[str], Store]) -> None:
    @group.command(name="policy")
    def policy(
        project: Annotated[
            str, typer.Argument(help="Whose; * for every one that says nothing itself.")
        ] = EVERY,
        *,
        module: Annotated[
            list[str] | None,
            typer.Option(help="A top-level name that its wheels may install; may be repeated. * lets all."),
        ] = None,
        startup: Annotated[
            bool | None,
            typer.Option(
                "--startup/--no-startup", help="Whether its wheels may hold .pth files and the like."
            ),
        ] = None,
        attested: Annotated[
            bool | None,
            typer.Option(
                "--require-attestations/--no-attestations", help="Whether files enter only with attestations."
            ),
        ] = None,
        seal_days: Annotated[
            int | None,
            typer.Option(
                min=0,
                max=MAX_SEAL_DAYS,
                help="Days after its first file in which a release takes others; 0: always.",
            ),
        ] = None,
        data: Data = DEFAULT_DATA,
        form: Format = "text",
    ) -> None:
        """Say what the files of a project have to keep to, and show what counts for it."""
        store = existing(data)
        policies = Policies(store)
        name = project if project == EVERY else normalized(project)
        said: dict[str, object] = {
            key: value
            for key, value in (("startup", startup), ("attested", attested), ("seal_days", seal_days))
            if value is not None
        }
        if module is not None:
            said["modules"] = None if "*" in module else _modules(module)
        if said:
            whose = None if name == EVERY else name
            with Ledger(store).change(this_user(), "policy", whose, **{key: str(said[key]) for key in said}):
                policies.set(name, **said)
        _show(name, policies.of(name), form)


def _faults(path: Path) -> list[dict[str, str]]:
    try:
        with path.open("rb") as content:
            judged(parse_filename(path.name), content, path.stat().st_size)
    except OSError as error:
        raise CannotDo(f"{path} cannot be read: {error.strerror}", "give files that are there") from None
    except Faulty as error:
        return [
            {"file": str(path), "rule": one.rule, "what": one.what, "todo": one.todo} for one in error.faults
        ]
    except Refused as error:
        return [{"file": str(path), "rule": "name", "what": f"is refused: {error.what}", "todo": error.todo}]
    return []


def _modules(names: list[str]) -> list[str]:
    strange = [name for name in names if not name.isidentifier()]
    if strange:
        raise Refused(f"{strange[0][:80]!r} is no name of a module", "write it as it is imported")
    return sorted(set(names))


def _show(name: str, counts: Policy, form: str) -> None:
    if form == "json":
        print_json(
            {
                "project": name,
                "modules": None if counts.modules is None else list(counts.modules),
                "startup": counts.startup,
                "attested": counts.attested,
                "seal_days": counts.seal_days,
            }
        )
        return
    print(f"top-level modules: {', '.join(counts.modules) if counts.modules is not None else 'any'}")
    print(f"startup files: {'allowed' if counts.startup else 'refused'}")
    print(f"attestations: {'required' if counts.attested else 'taken where they come'}")
    print(f"days until a release is sealed: {counts.seal_days or 'never'}")
