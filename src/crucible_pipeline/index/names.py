"""Names of projects and files, by the packaging standards: what a file name says, when two say the same."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from packaging.utils import (
    InvalidName,
    InvalidSdistFilename,
    InvalidWheelFilename,
    NormalizedName,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from crucible_pipeline.errors import Refused

MAX_FILENAME_LENGTH = 200
_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")

Kind = Literal["bdist_wheel", "sdist"]


@dataclass(frozen=True, slots=True)
class Filename:
    """What the name of a distribution says.

    Args:
        text: the name as it is spelled.
        project: normalized.
        version: 1.0 and 1.0.0 are equal here.
        kind: in the words of the upload form's `filetype`.
        variant: what tells apart two wheels of one release: build and compatibility tags.
    """

    text: str
    project: NormalizedName
    version: Version
    kind: Kind
    variant: tuple[str, ...]

    def same_place(self, other: "Filename") -> bool:
        """Whether both spell the same file of the same release, so that only one of them may exist."""
        return (self.project, self.version, self.kind, self.variant) == (
            other.project,
            other.version,
            other.kind,
            other.variant,
        )


def normalized(name: str) -> NormalizedName:
    """The one spelling of a project's name (PEP 503).

    Raises:
        Refused: it is no project name.
    """
    try:
        if len(name) > MAX_FILENAME_LENGTH:
            raise InvalidName(name)
        return canonicalize_name(name, validate=True)
    except InvalidName:
        raise Refused(
            f"{name[:80]!r} is not a project name",
            "use letters, digits and single - _ . between them",
        ) from None


# Pure, and asked for every file of a project at each publication.
@lru_cache(maxsize=1 << 15)
def parse_filename(text: str) -> Filename:
    """Read the file name of a wheel or a `.tar.gz` source distribution.

    Raises:
        Refused: it names neither, or holds a character that no such name has.
    """
    if len(text) > MAX_FILENAME_LENGTH or not _FILENAME.fullmatch(text):
        raise Refused(
            f"{text[:80]!r} is not the name of a distribution file", "upload a .whl or .tar.gz file"
        )
    try:
        if text.endswith(".whl"):
            project, version, build, tags = parse_wheel_filename(text)
            variant = ("".join(map(str, build)), *sorted(str(tag) for tag in tags))
            return Filename(text, normalized(project), version, "bdist_wheel", variant)
        if text.endswith(".tar.gz"):
            project, version = parse_sdist_filename(text)
            return Filename(text, normalized(project), version, "sdist", ())
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        raise Refused(f"{text!r} is not the name of a distribution file: {error}") from None
    raise Refused(f"{text!r} is neither a wheel nor a .tar.gz source distribution")
