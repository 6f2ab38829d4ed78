"""What the commands about many services share: which services, where their clones are, and the progress."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from platformdirs import user_cache_path

from crucible_pipeline.cli.app import console
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.upgrade.clones import Clones
from crucible_pipeline.upgrade.fleet import each, usual_jobs
from crucible_pipeline.upgrade.services_file import Listed, Shard, is_url, name_of, read_services

MAX_LIST_BYTES = 4 << 20
MAX_JOBS = 64
Result = TypeVar("Result")

Services = Annotated[
    Path | None, typer.Option("--services", metavar="FILE", help="A TOML file that lists services.")
]
ShardOption = Annotated[
    str, typer.Option("--shard", metavar="I/N", help="Only the I-th of N parts of the list, told by name.")
]
Labels = Annotated[
    list[str] | None, typer.Option("--label", help="Only services of the list with it; may be repeated.")
]
Jobs = Annotated[
    int, typer.Option("--jobs", min=0, max=MAX_JOBS, help="Services at a time; 0 for the usual.")
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="DIR",
        help="For clones and answers of the index; CRUCIBLE_CACHE or the user's own.",
    ),
]


def cache_folder(given: Path | None) -> Path:
    """The folder that is given, that the environment names, or that the platform has for this."""
    named = os.environ.get("CRUCIBLE_CACHE", "")
    return given or (Path(named) if named else user_cache_path("crucible", appauthor=False))


def clones_in(cache: Path) -> Clones:
    """The clones of services' repositories."""
    return Clones(cache / "clones")


def wanted(
    targets: Sequence[str], services: Path | None, shard: str, labels: Sequence[str]
) -> tuple[Listed, ...]:
    """The services that the command is about.

    Args:
        targets: folders and addresses.
        services: a file that lists more.
        shard: as `Shard.parse` reads it; empty for all.
        labels: of which a service has to have one; none for all.

    Raises:
        Refused: the list is wrong, or nothing is asked for.
        CannotDo: the file cannot be read.
    """
    if not targets and services is None:
        raise CannotDo("no service is given", "give folders or addresses, or a list with --services")
    listed = _read(services) if services is not None else ()
    if labels:
        unknown = sorted(set(labels) - {label for one in listed for label in one.labels})
        if unknown:
            raise Refused(f"no service of the list has the label {', '.join(unknown)}", "look at its labels")
        listed = tuple(one for one in listed if set(labels) & set(one.labels))
    if shard:
        part = Shard.parse(shard)
        listed = tuple(one for one in listed if part.holds(one.name))
    return (*map(_target, dict.fromkeys(targets)), *listed)


def _read(path: Path) -> tuple[Listed, ...]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_LIST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise CannotDo(f"the list {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Refused(f"{path}:{line}: it is no UTF-8, which TOML is", "save it as UTF-8") from None
    if len(content) > MAX_LIST_BYTES:
        raise Refused(f"the list {path} is larger than {MAX_LIST_BYTES} bytes", "split it")
    return read_services(text, path)


def _target(target: str) -> Listed:
    if is_url(target) and not Path(target).exists():
        return Listed(name=name_of(target), url=target)
    return Listed(name=Path(target).resolve().name, path=Path(target))


def with_progress(
    services: Sequence[Listed], act: Callable[[Listed], Result], jobs: int
) -> Iterator[tuple[Listed, Result]]:
    """Each service with what came of it, in order; a bar shows how far it is where somebody looks."""
    results: Iterable[Result] = each(services, act, jobs or usual_jobs())
    stderr = console()
    if not stderr.is_terminal or len(services) < 2:
        yield from zip(services, results, strict=True)
        return
    # Here, since a run without a terminal shows no bar.
    from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn  # noqa: PLC0415

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn())
    # what goes to a file must not go through the terminal's bar
    with Progress(*columns, console=stderr, transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task("services", total=len(services))
        for service, result in zip(services, results, strict=True):
            yield service, result
            bar.advance(task)
