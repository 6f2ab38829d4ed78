"""Reads a project's page of any index as untrusted rows: the JSON (PEP 691) or the HTML (PEP 503). Pure."""

import json
from html.parser import HTMLParser
from typing import Any, cast

from crucible_pipeline.errors import CannotDo


class _Anchors(HTMLParser):
    """The anchors of a PEP 503 page, each as its attributes and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: list[tuple[dict[str, str], str]] = []
        self._open: dict[str, str] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the attributes."""
        if tag == "a":
            self._open, self._text = {name: value or "" for name, value in attrs}, ""

    def handle_data(self, data: str) -> None:
        """Collect the text."""
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        """Keep the anchor."""
        if tag == "a" and self._open is not None:
            self.anchors.append((self._open, self._text.strip()))
            self._open = None


def from_json(body: bytes, origin: str) -> dict[str, Any]:
    """The document, whose `files` is a list of objects; what is in them is unchecked.

    Args:
        body: of the answer.
        origin: what to call the index in an error.

    Raises:
        CannotDo: it is no such document.
    """
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise CannotDo(f"the index at {origin} answers with JSON that is not PEP 691's") from error
    return checked(document, origin)


def checked(document: object, origin: str) -> dict[str, Any]:
    """The document itself, as `from_json` gives it.

    Raises:
        CannotDo: it is none.
    """
    try:
        if not isinstance(document, dict):
            raise TypeError(type(document).__name__)
        whole = cast("dict[str, Any]", document)
        whole["files"] = [row for row in whole["files"] if isinstance(row, dict)]
    except (KeyError, TypeError) as error:
        raise CannotDo(f"the index at {origin} answers with JSON that is not PEP 691's") from error
    return whole


def names_in(body: bytes, *, is_json: bool, origin: str) -> list[str]:
    """The project names in an index's list of all, in either form, unchecked.

    Raises:
        CannotDo: it is no such list.
    """
    if not is_json:
        parser = _Anchors()
        parser.feed(body.decode("utf-8", "replace"))
        return [text for _, text in parser.anchors]
    try:
        return [str(project["name"]) for project in json.loads(body)["projects"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CannotDo(f"the index at {origin} answers with JSON that is not PEP 691's") from error


def from_html(body: bytes) -> list[dict[str, Any]]:
    """The same rows from the HTML form, in the words of the JSON form."""
    parser = _Anchors()
    parser.feed(body.decode("utf-8", "replace"))
    rows: list[dict[str, Any]] = []
    for attributes, text in parser.anchors:
        url, _, fragment = attributes.get("href", "").partition("#")
        algorithm, _, digest = fragment.partition("=")
        row: dict[str, Any] = {"filename": text, "url": url, "hashes": {algorithm: digest}}
        metadata = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata", ""))
        if metadata.startswith("sha256="):
            row["core-metadata"] = {"sha256": metadata.removeprefix("sha256=")}
        row["provenance"] = attributes.get("data-provenance")
        row["requires-python"] = attributes.get("data-requires-python")
        row["yanked"] = attributes.get("data-yanked", False)
        if row["yanked"] == "":
            row["yanked"] = True
        rows.append(row)
    return rows
