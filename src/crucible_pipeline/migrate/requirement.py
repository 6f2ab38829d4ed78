"""The one line that makes a service require the package. Pure."""

import posixpath
import re
import tomllib
from collections.abc import Mapping

from packaging.requirements import Requirement

from crucible_pipeline.migrate.change import Edit, Left, applied, newline_of
from crucible_pipeline.upgrade.located import located
from crucible_pipeline.upgrade.pin_files import find_pins

_CHOICE = ("requirements.in", "requirements.txt", "requirements/base.in", "requirements/base.txt")
_PROJECT = "pyproject.toml"
_HASH = re.compile(r"^[^#\n]*--(?:hash=|require-hashes)", re.MULTILINE)


def requires(texts: Mapping[str, str], folder: str, requirement: str) -> tuple[str, Edit | Left] | None:
    """Where and how a service comes to require the package.

    Args:
        texts: path → text, of the files of the service.
        folder: of the service, from the top.
        requirement: such as `crucible-shared==0.3.*`.

    Returns:
        A path, and the edit of that file or what a person has to do; None where it is required already.
    """
    name = Requirement(requirement).name
    if any(find_pins(path, text, name) for path, text in texts.items()):
        return None
    for one in _CHOICE:
        path = posixpath.normpath(posixpath.join(folder, one))
        if path in texts:
            return path, _line(texts[path], requirement)
    path = posixpath.normpath(posixpath.join(folder, _PROJECT))
    if path in texts:
        return path, _element(texts[path], requirement)
    return path, Left(1, f"no file says what the service in {folder} requires", f"require {requirement}")


def _line(text: str, requirement: str) -> Edit | Left:
    if _HASH.search(text):
        todo = f"require {requirement} where the hashes are made from, and make them again"
        return Left(1, "every requirement has its hashes here", todo)
    newline = newline_of(text)
    # the last line may have no end
    before = newline if text and not text.endswith(("\n", "\r")) else ""
    return Edit(
        len(text), len(text), f"{before}{requirement}{newline}", f"the service requires {requirement}"
    )


def _element(text: str, requirement: str) -> Edit | Left:
    left = Left(1, "it lists its requirements in another way", f"require {requirement} there")
    try:
        listed = tomllib.loads(text)["project"]["dependencies"]
        path = ("project", "dependencies", len(listed) - 1)
        last = located(text, tomllib.loads, path, listed[-1]) if listed else None
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        return left
    if last is None:
        return left
    end = last.offsets[-1] + 1
    quote = text[end]
    start_of_line = max(text.rfind("\n", 0, last.offsets[0]), text.rfind("\r", 0, last.offsets[0])) + 1
    indent = text[start_of_line : last.offsets[0] - 1]
    separator = f",{newline_of(text)}{indent}" if not indent.strip() else ", "
    edit = Edit(end + 1, end + 1, f"{separator}{quote}{requirement}{quote}", f"it requires {requirement}")
    try:
        changed = tomllib.loads(applied(text, [edit]))["project"]["dependencies"]
    except ValueError:
        return left
    return edit if changed == [*listed, requirement] else left
