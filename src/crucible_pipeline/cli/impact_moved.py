"""`crucible impact --pins-since`: what a pull request that moves the pins means for its service."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from packaging.utils import canonicalize_name

from crucible_pipeline.cli.service_index import service_index
from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.forge_place import Access
from crucible_pipeline.upgrade.moved import moved_since
from crucible_pipeline.upgrade.proposal import Facts, review
from crucible_pipeline.upgrade.publish import connected, line_addresses, place_at, say
from crucible_pipeline.upgrade.service import Service, open_service
from crucible_pipeline.upgrade.shelf import Shelf

PinsSince = Annotated[
    str,
    typer.Option(
        metavar="REF", help="Judge what the pins of the service moved by since then, in its own repository."
    ),
]
Comment = Annotated[
    int,
    typer.Option(
        metavar="NUMBER",
        help="With --pins-since, also comment on this pull request; a comment of before is replaced.",
    ),
]
Pinned = Annotated[str, typer.Option(help="With --pins-since, the package that is pinned.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say.

    Args:
        since: names the commit to compare with.
        comment: number of the pull request; 0 for none.
        package: that is pinned.
        index_url: the index; the environment's or pip's if empty.
    """

    since: str
    comment: int
    package: str
    index_url: str


def show_moved(targets: Sequence[str], asked: Asked) -> int:
    """Print what the moved pins mean as Markdown, and comment it.

    Returns:
        The exit code: 1 if a line breaks.

    Raises:
        Refused: there is not exactly one folder.
        CannotDo: the index, the repository or the forge cannot be read.
    """
    if len(targets) != 1 or not Path(targets[0]).is_dir():
        raise Refused("--pins-since judges one service", "give its folder")
    service = open_service(Path(targets[0]))
    with service_index(asked.index_url) as index:
        facts = moved_since(service, asked.since, Shelf(index, canonicalize_name(asked.package)))
    text = review(facts) if facts is not None else f"The pins of {asked.package} install what they did.\n"
    sys.stdout.write(text)
    if asked.comment:
        _comment(service, facts, text, asked)
    return int(facts is not None and any(hit.breaks for hit in facts.hits))


def _comment(service: Service, facts: Facts | None, text: str, asked: Asked) -> None:
    place = place_at(service, Access(os.environ))
    if facts is not None:
        text = review(replace(facts, address=line_addresses(service, place)))
    with connected(place) as forge:
        say(forge, asked.comment, f"impact-{canonicalize_name(asked.package)}", text)
