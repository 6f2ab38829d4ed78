"""What an author wrote about a project, as HTML that can do nothing. Pure; run in a process of its own.

Markdown is GitHub's flavour by markdown-it-py, reStructuredText is rendered by readme-renderer (docutils
without includes and raw HTML), and nh3 then lets through a list of elements and attributes and nothing else.
Images are named by their alternative text and not loaded: a reader of this page asks no other host.
"""

import json
import re

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from crucible_pipeline.index.about import MARKDOWN, MAX_TEXT, RST
from crucible_pipeline.index.apart import confined

# Of every id and every link within the page, so that a README cannot take the page's own.
PREFIX = "readme-"
_HEADING = re.compile(r"(</?h)([1-6])")
_TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
    ),
    *("em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li"),
    *(
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
    ),
    *("tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var"),
}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # else nh3 would keep some of its own choice
    "section": {"id"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"alt"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}
_CLASSES = {
    "div": {f"markdown-alert-{kind}" for kind in ("note", "tip", "important", "warning", "caution")},
    "p": {"markdown-alert-title"},
    "li": {"task-list-item"},
}


def render(text: str, kind: str, below: int) -> str | None:
    """Safe HTML.

    Args:
        text: as its author wrote it.
        kind: a media type.
        below: the level of the heading that it stands under; its own begin one deeper.

    Returns:
        None where the text can only be shown as it is.
    """
    if kind == MARKDOWN:
        html: str | None = _from_markdown(text)
    elif kind == RST:
        html = _from_rst(text)
    else:
        html = None
    return None if html is None else clean(html, below)


def clean(html: str, below: int) -> str:
    """HTML of the listed elements and attributes alone, its headings below one of the page around it."""
    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        attribute_filter=_attribute,
        # What may be wider than the page is scrolled with the keyboard, too.
        set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}},
        link_rel="nofollow noopener noreferrer",
        url_schemes={"http", "https", "mailto"},
        id_prefix=PREFIX,
    )
    # What nh3 writes has no `<` but where an element begins or ends.
    return _HEADING.sub(lambda found: f"{found[1]}{min(6, int(found[2]) + below)}", safe)


def _attribute(_tag: str, name: str, value: str) -> str | None:
    """The value to keep; a relative link leads into the author's repository, wherever that is."""
    if name != "href" or ":" in value.split("#", 1)[0].split("?", 1)[0].split("/", 1)[0]:
        return value
    return f"#{PREFIX}{value[1:]}" if value.startswith("#") and len(value) > 1 else None


def _from_markdown(text: str) -> str:
    parser = MarkdownIt("gfm-like2")
    tokens = parser.parse(text)
    seen: dict[str, int] = {}
    box: bool | None = None
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before is not None and before.type == "heading_open":
            before.attrSet("id", _slug(token.content, seen))
        if "style" in token.attrs:  # a column's alignment, in a form that the page's policy would ignore
            token.attrSet("align", str(token.attrs.pop("style")).removeprefix("text-align:"))
        if "checked" in token.meta:
            box = token.meta["checked"]
        if token.type == "inline" and box is not None:
            # A character, which everybody can read and nobody can tick.
            token.children = [Token("text", "", 0, content="☑ " if box else "☐ "), *(token.children or ())]
            box = None
    return str(parser.renderer.render(tokens, parser.options, {}))


def _slug(heading: str, seen: dict[str, int]) -> str:
    """The name by which links within the text lead to a heading, as GitHub makes it."""
    words = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") or "section"
    seen[words] = count = seen.get(words, -1) + 1
    return f"{words}-{count}" if count else words


def _from_rst(text: str) -> str | None:
    from readme_renderer import rst  # noqa: PLC0415  it loads docutils, which Markdown does without

    return rst.render(text)


def _work(given: bytes) -> bytes:
    document = json.loads(given)
    return (render(document["text"][:MAX_TEXT], document["type"], document["below"]) or "").encode()


if __name__ == "__main__":
    confined(_work)
