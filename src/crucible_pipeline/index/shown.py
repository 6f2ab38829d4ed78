"""What the page of a release shows, as values. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from crucible_pipeline.index.about import About
from crucible_pipeline.index.page import Status
from crucible_pipeline.index.pins import Pin
from crucible_pipeline.index.releases import Release


@dataclass(frozen=True, slots=True)
class Text:
    """A text of an author.

    Args:
        html: sanitised; None where it is shown as it is.
        plain: as written.
    """

    html: str | None = None
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A service that requires the project.

    Args:
        pin: what it reports.
        release: that an installer takes for it; None where nothing fits.
    """

    pin: Pin
    release: Release | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a release shows.

    Args:
        name: of the project, normalized.
        status: of the project.
        release: that is looked at.
        newest: that an installer would take.
        releases: all, newest first.
        about: what its metadata says.
        readme: its description.
        publishers: name of an attested file → who published it, in words.
        uses: who requires the project.
        has_reference: whether its contracts have a page.
        has_contract: whether it can be compared.
        has_changelog: whether its source distribution holds one.
    """

    name: str
    status: Status
    release: Release
    newest: Release
    releases: Sequence[Release]
    about: About
    readme: Text
    publishers: Mapping[str, Sequence[str]]
    uses: Sequence[Use]
    has_reference: bool = False
    has_contract: bool = False
    has_changelog: bool = False

    @property
    def withheld(self) -> bool:
        """Whether the files, and what stands in them, are not offered (PEP 792)."""
        return self.status.marker == "quarantined"


def published_by(provenance: bytes) -> Sequence[str]:
    """Who published a file, by its provenance (PEP 740), in words.

    Args:
        provenance: the object, as this index wrote it.
    """
    try:
        return [_in_words(bundle["publisher"]) for bundle in json.loads(provenance)["attestation_bundles"]]
    except (ValueError, KeyError, TypeError):
        return ()


def _in_words(publisher: dict[str, Any]) -> str:
    kind = str(publisher["kind"])
    parts = [
        str(publisher[name])
        for name in ("repository", "workflow", "workflow_filepath", "environment")
        if publisher.get(name)
    ]
    if kind == "token":
        return "a token of this index"
    claims = publisher.get("claims")
    if isinstance(claims, dict):
        parts += [f"{name}={value}" for name, value in cast("dict[str, object]", claims).items()]
    return f"{kind} {', '.join(parts)}".strip()
