"""How services stand, as one HTML page that needs nothing beside it. Pure but for its template."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from crucible_pipeline.upgrade.status import Standing, summary

# Colours of the index's pages: what asks for somebody's attention looks the same in both.
_MARKS = {
    "up to date": "good",
    "behind": "warn",
    "safe": "good",
    "fixable": "warn",
    "needs a person": "bad",
    "could not be looked at": "bad",
}
MAX_LINES = 200


def as_html(package: str, standings: Sequence[Standing], addresses: Mapping[str, str], at: datetime) -> str:
    """The page.

    Args:
        package: whose pins they are.
        standings: in the order to show.
        addresses: service → the web address of its source, where it has one.
        at: when this was looked at.
    """
    return _template().render(
        package=package,
        standings=standings,
        addresses={name: url for name, url in addresses.items() if url.startswith(("https://", "http://"))},
        summary=summary(package, standings),
        at=at,
        marks=_MARKS,
        most=MAX_LINES,
        style=(files("crucible_pipeline.index") / "pages" / "style.css").read_text(encoding="utf-8"),
    )


@cache
def _template() -> Template:
    source = (files("crucible_pipeline.upgrade") / "pages" / "status.html").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(source)
