"""The names in an archive: none leads outside, none comes twice on any file system. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from crucible_pipeline.index.fault import Fault, quoted

MAX_PATH = 1024
MAX_SEGMENT = 255
# Windows opens a device of this name in any folder, with any ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE | re.DOTALL)
_INSIDE = "name members relative to the archive, with / between plain names"


def path_faults(members: Iterable[tuple[str, bool]]) -> Iterator[Fault]:
    """What is wrong with the names of an archive's members.

    Args:
        members: name and whether it is a folder, in any order.
    """
    seen: dict[str, str] = {}
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for given, is_folder in members:
        name = given.rstrip("/") if is_folder else given
        if why := _outside(name):
            yield Fault("path", f"holds {quoted(given)}, {why}", _INSIDE)
            continue
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        if name in seen.values() and seen.get(folded) == name:
            yield Fault("duplicate", f"holds {quoted(name)} twice", "pack each file once")
        elif folded in seen:
            yield Fault(
                "duplicate",
                f"holds {quoted(name)} and {quoted(seen[folded])}, which are one file on some systems",
                "give them names that differ in more than case or accents",
            )
        seen.setdefault(folded, name)
        (folders if is_folder else files).setdefault(folded, name)
        at = folded.find("/")
        while at >= 0:
            folders.setdefault(folded[:at], name)
            at = folded.find("/", at + 1)
    for folded in sorted(files.keys() & folders.keys()):
        if files[folded] != folders[folded]:
            yield Fault(
                "duplicate",
                f"holds {quoted(files[folded])} as a file, and {quoted(folders[folded])} in a folder of it",
                "give one of them another name",
            )


def _outside(name: str) -> str | None:
    """Why a name is none that every system can write below the folder it unpacks to."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_PATH:
        return f"a name that is empty or longer than {MAX_PATH} bytes"
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in name):
        return "a name with a control character"
    if "\\" in name or ":" in name:
        return "a path that leads outside of it on Windows: it has a backslash or a colon"
    parts = name.split("/")
    if ".." in parts or "." in parts or "" in parts:
        return "a path that leads outside of it or to nowhere"
    if any(len(part.encode("utf-8", "surrogatepass")) > MAX_SEGMENT for part in parts):
        return f"a path with a part longer than {MAX_SEGMENT} bytes"
    if any(part.endswith((".", " ")) or _DEVICE.fullmatch(part) for part in parts):
        return "a name that Windows opens as another one or as a device"
    return None
