"""Texts that name a variable of a module by its dotted path, as `mock.patch` takes them. Pure."""

import io
import re
import tokenize
from collections.abc import Iterator, Mapping

from crucible_pipeline.upgrade.modules import Modules
from crucible_pipeline.upgrade.pins import Edit

_PATCH = re.compile(
    r"(?P<quote>['\"])(?P<module>\w+(?:\.\w+)*)\.(?P<name>\w+)(?P<rest>(?:\.\w+)*)(?P=quote)\Z"
)
_LINE_END = re.compile(r"\r\n|\r|\n")


def patch_edits(
    text: str, path: str, modules: Modules, renamed: Mapping[str, Mapping[str, str]]
) -> set[Edit]:
    """The changes of such texts in a file.

    Args:
        text: of the file.
        path: of the file.
        modules: of the service.
        renamed: path of a file → old name of a variable → new one.
    """
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    found: set[Edit] = set()
    for line, column, said in _strings(text):
        match = _PATCH.fullmatch(said)
        if match is None:
            continue
        module = modules.resolve(path, match["module"].split("."), 0)
        new = renamed.get(modules.files.get(module or "", ""), {}).get(match["name"])
        if new is not None:
            start = starts[line - 1] + column
            found.add(Edit(start + match.start("name"), start + match.end("name"), new))
    return found


def _strings(text: str) -> Iterator[tuple[int, int, str]]:
    """Texts in quotes with their line, 1-based, and column."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.STRING:
                yield *token.start, token.string
    except (tokenize.TokenError, SyntaxError):
        return
