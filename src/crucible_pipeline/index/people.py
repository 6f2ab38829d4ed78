"""The pages for people, from values: every value escaped, no script, one style sheet. Pure.

Nothing on a page needs a script, and the policy sent along forbids one. The one HTML that is not escaped is
what `readme` has sanitised.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from packaging.version import Version

from crucible_pipeline.index import install, simple
from crucible_pipeline.index.difference import Difference, Rule
from crucible_pipeline.index.releases import Release
from crucible_pipeline.index.search import Row
from crucible_pipeline.index.shown import Shown, Text
from crucible_pipeline.version import line_of

PAGES = Path(__file__).with_name("pages")
# Projects on one page of a list, and releases on a project's page.
PER_PAGE = 50
MAX_RELEASES = 20
STYLE = (PAGES / "style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# For a page that only some may see.
FORM_HEADERS = {**HEADERS, "Cache-Control": "no-store"}
_JINJA = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader is.

    Args:
        base_url: of this index as the reader knows it, with the final slash.
        private: whether reading needs a token.
        query: that was searched for.
        compares: whether this index can compare contracts.
    """

    base_url: str
    private: bool = False
    query: str = ""
    compares: bool = False

    @property
    def root(self) -> str:
        """What every path of this index begins with; links hold no host."""
        return urlsplit(self.base_url).path

    @property
    def simple_url(self) -> str:
        """What installers are given."""
        return f"{self.base_url}simple/"


@dataclass(frozen=True, slots=True)
class Found:
    """What the start page lists.

    Args:
        rows: the projects that fit, the likeliest first.
        page: of them, from 1.
        asked_upstream: whether the upstream's names were asked for too.
        upstream: those that fit.
    """

    rows: Sequence[Row]
    page: int = 1
    asked_upstream: bool | None = None
    upstream: Sequence[str] = ()


def front(place: Place, found: Found) -> str:
    """The start page: the projects, or those that fit a query.

    Args:
        place: of the reader.
        found: what to list.
    """
    pages = max(1, -(-len(found.rows) // PER_PAGE))
    page = min(max(1, found.page), pages)

    def address(number: int) -> str:
        upstream = [("upstream", "1")] if found.asked_upstream else []
        return "?" + urlencode([("q", place.query), *upstream, ("page", str(number))])

    return _rendered(
        "front.html",
        place,
        rows=found.rows[(page - 1) * PER_PAGE : page * PER_PAGE],
        total=len(found.rows),
        page=page,
        pages=pages,
        address=address,
        found=found,
    )


def project(place: Place, shown: Shown) -> str:
    """The page of a release; a project's own is that of its newest.

    Args:
        place: of the reader.
        shown: what is there.
    """
    release = shown.release
    return _rendered(
        "project.html",
        place,
        shown=shown,
        release=release,
        ways=install.ways(place.simple_url, shown.name, release),
        listed=shown.releases[:MAX_RELEASES],
        line=line_of(release.version) if not release.version.is_prerelease else "",
        older=_older(shown),
        takers={
            one.version: [use.pin.service for use in shown.uses if use.release == one]
            for one in shown.releases
        }
        if shown.uses
        else {},
    )


def _older(shown: Shown) -> Version:
    """What a release is compared with unless somebody says otherwise: the one before it, or the oldest."""
    before = [one for one in shown.releases if one.version < shown.release.version]
    finals = [one for one in before if not one.version.is_prerelease and one.yanked is None]
    return (*finals, *before, shown.releases[-1])[0].version


def releases(place: Place, shown: Shown) -> str:
    """All releases of a project, each on one line.

    Args:
        place: of the reader.
        shown: of the project.
    """
    return _rendered("releases.html", place, shown=shown)


def changelog(place: Place, shown: Shown, name: str, text: Text) -> str:
    """The changelog of a release.

    Args:
        place: of the reader.
        shown: of the release.
        name: of its file.
        text: its content.
    """
    return _rendered("changelog.html", place, shown=shown, file=name, text=text)


def comparison(place: Place, shown: Shown, old: Version, new: Version, difference: Difference) -> str:
    """What changed between two releases' contracts.

    Args:
        place: of the reader.
        shown: of the project.
        old: the older release.
        new: the newer one.
        difference: between them.
    """
    severities = ("breaking", "additive", "neutral")
    grouped = {
        severity: [change for change in difference.changes if change.severity == severity]
        for severity in severities
    }
    return _rendered(
        "compare.html", place, shown=shown, old=old, new=new, difference=difference, grouped=grouped
    )


def rules(place: Place, found: Sequence[Rule]) -> str:
    """Every rule of compatibility, explained.

    Args:
        place: of the reader.
        found: the rules, those of one group together.
    """
    groups = {rule.group: [each for each in found if each.group == rule.group] for rule in found}
    return _rendered("rules.html", place, groups=groups)


def yanking(place: Place, name: str, release: Release) -> str:
    """The page on which a release is yanked.

    Args:
        place: of the reader.
        name: of the project, normalized.
        release: which.
    """
    return _rendered("yank.html", place, name=name, release=release)


def refusal(place: Place, title: str, what: str) -> str:
    """Why there is no page.

    Args:
        place: of the reader.
        title: in few words.
        what: one sentence.
    """
    return _rendered("refusal.html", place, title=title, what=what)


def _rendered(template: str, place: Place, **values: object) -> str:
    return _JINJA.get_template(template).render(style=Markup(STYLE), place=place, root=place.root, **values)  # noqa: S704  the style sheet is ours


def size(number: int) -> str:
    """A size in bytes for people."""
    amount = float(number)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def kind(file: simple.File) -> str:
    """What a file is, in words."""
    if file.filename.kind == "sdist":
        return "source"
    tags = file.name.removesuffix(".whl").split("-")[-3:]
    return "wheel, pure Python" if tags[1:] == ["none", "any"] else f"wheel, {' '.join(tags)}"


def _safe_html(text: Text) -> Markup:
    return Markup(text.html or "")  # noqa: S704  `readme` has sanitised it


_JINJA.filters["size"] = size
_JINJA.filters["kind"] = kind
_JINJA.filters["url"] = simple.url_path
_JINJA.filters["version"] = lambda version: quote(str(version))
_JINJA.filters["safe_html"] = _safe_html
