"""The part of a changelog (Keep a Changelog 1.1.0) that lies between two versions."""

import re

from packaging.version import InvalidVersion, Version

MAX_CHARACTERS = 20_000
_HEADING = re.compile(r"## +\[?v?(?P<version>[^\]\s]+)")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_LINK = re.compile(r"\[[^\]]+\]: +\S+$")


def between(text: str, old: Version | None, new: Version) -> str:
    """The sections after `old` up to and including `new`, headings one level deeper.

    Args:
        text: of the whole changelog.
        old: installed today; only the section of `new` if None.
        new: to be installed.

    Returns:
        Empty where the changelog says nothing of these versions.
    """
    kept: list[str] = []
    keeping = fenced = False
    for line in text.splitlines():
        fenced ^= _FENCE.match(line) is not None
        heading = None if fenced else _HEADING.match(line)
        if heading is not None:
            keeping = _is_between(heading["version"], old, new)
        if keeping and not _LINK.match(line):
            kept.append(f"#{line}" if line.startswith("#") and not fenced else line)
    found = "\n".join(kept).strip()
    if len(found) > MAX_CHARACTERS:
        return found[:MAX_CHARACTERS].rsplit("\n", 1)[0] + "\n\n(cut; the rest is in the changelog)"
    return found


def _is_between(text: str, old: Version | None, new: Version) -> bool:
    try:
        version = Version(text)
    except InvalidVersion:
        return False
    return version == new if old is None else old < version <= new
