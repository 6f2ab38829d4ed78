"""Does a module parse? Computes; nothing of it is run.

Judged by the grammar of the Python that runs the index, and only where the package is for that Python.
"""

import platform
import re
import sys
import warnings
from collections.abc import Iterable

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from crucible_pipeline.index.fault import Fault, plain, quoted

# Compiling is the dearest of the checks: what comes after that much of source is taken as it is.
MAX_SOURCE = 16 << 20
_UPLOADED = "<uploaded>"
# What a newer Python may understand: the statement itself tells.
_NEWER = re.compile(
    r"^\s*(?:type\s+\w+|(?:async\s+)?def\s+\w+\s*\[|class\s+\w+\s*\[|except\s+[\w.]+\s*,|lazy\s+(?:import|from)\b)"
    r"|\b[tT][rR]?[\"']|\b[rR][tT][\"']"
)
# Since 3.12 the quotes of an f-string may come again inside of it (PEP 701).
_FORMATTED = re.compile(r"\b[rR]?[fF][rR]?[\"']")
# Text that a program fills in, and texts for other Pythons, are kept in such folders.
_NO_MODULES = frozenset(
    {
        "test",
        "tests",
        "testing",
        "test_data",
        "testdata",
        "fixtures",
        "data",
        "templates",
        "template",
        "examples",
    }
)
# The filter names only what is compiled here, so that no thread has to change the filters of all.
warnings.filterwarnings("ignore", module=re.escape(_UPLOADED))


def is_judged(requires_python: str | None, tags: Iterable[str]) -> bool:
    """Whether a package is for the Python that runs here, so that its modules have to parse.

    Args:
        requires_python: as the metadata states it.
        tags: of the wheel; one that is for Python 2 as well has modules for either.
    """
    if any(tag.startswith(("py2", "cp2")) for tag in tags):
        return False
    if requires_python is None:
        return True
    try:
        return platform.python_version() in SpecifierSet(requires_python, prereleases=True)
    except InvalidSpecifier:
        return False


def is_module(path: str) -> bool:
    """Whether an import may reach a file, by its path in site-packages."""
    *folders, file = path.split("/")
    if not file.endswith(".py") or "py2" in file or not _NO_MODULES.isdisjoint(folders):
        return False
    return all(part.isidentifier() for part in (*folders, file.removesuffix(".py")))


def source_fault(name: str, content: bytes) -> Fault | None:
    """Why a module cannot be imported, if it does not parse.

    Args:
        name: of the file.
        content: all of it.
    """
    try:
        compile(content, _UPLOADED, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = error.lineno or 0
        lines = content.decode("utf-8", "replace").splitlines()
        told = lines[line - 1] if 0 < line <= len(lines) else ""
        if _NEWER.search(told) or (sys.version_info < (3, 12) and _FORMATTED.search(told)):
            return None
        return Fault(
            "syntax",
            f"holds {quoted(name)}, which does not parse: line {line}: {plain(str(error.msg))}",
            "mend it, or state in Requires-Python which Python it is for",
        )
    except (ValueError, MemoryError, RecursionError) as error:
        # A NUL in the text, or nesting that no reader of it survives.
        return Fault(
            "syntax", f"holds {quoted(name)}, which does not parse: {type(error).__name__}", "mend it"
        )
    return None
