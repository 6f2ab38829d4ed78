"""Imports of the copy inside other text: a program in a manifest, a script, a Dockerfile. Pure.

Only a whole line of names that the package has is changed, and in it nothing but the module's name, so that
neither quoting nor indentation matters.
"""

import re

from crucible_pipeline.migrate.change import Edit, Found, Left, line_of
from crucible_pipeline.migrate.package import Package

_NAME = r"[A-Za-z_]\w*"


def _imported(shared: str) -> re.Pattern[str]:
    """`from shared.x import A, B`, with its module and names."""
    name, one = re.escape(shared), rf"{_NAME}(?:[ \t]+as[ \t]+{_NAME})?"
    return re.compile(
        rf"\bfrom[ \t]+(?P<module>{name}(?:\.\w+)*)[ \t]+import[ \t]+"
        rf"(?P<names>{one}(?:[ \t]*,[ \t]*{one})*)"
        r"(?P<more>[ \t]*,?[ \t]*\\?)"
    )


def _mentioned(shared: str) -> re.Pattern[str]:
    """Any import of the copy, or its name as a module in quotes."""
    name = re.escape(shared)
    return re.compile(
        rf"\bimport[ \t]+{name}\b|\bfrom[ \t]+{name}(?:\.\w+)*[ \t]+import\b|[\"']{name}\.\w[\w.]*[\"']"
    )


def inline_imports(text: str, package: Package, shared: str) -> Found:
    """The imports of the copy in a text that is no Python file."""
    edits: list[Edit] = []
    left: list[Left] = []
    done: set[int] = set()
    for match in _imported(shared).finditer(text):
        names = [part.split()[0] for part in match["names"].split(",")]
        is_whole = all(one in package.names and one not in package.modules for one in names)
        if not is_whole or match["more"].strip():
            continue
        done.add(match.start())
        line = line_of(text, match.start())
        edits.append(
            Edit(*match.span("module"), package.module, f"{match['module']} is {package.module} now")
        )
        left.append(
            Left(
                line,
                f"a program here imports {package.module}",
                f"see that what runs it installs {package.requirement}",
            )
        )
    for match in _mentioned(shared).finditer(text):
        if match.start() not in done:
            what = f"{match[0].strip()} is left as it is"
            left.append(Left(line_of(text, match.start()), what, f"write what {package.module} has instead"))
    return Found(tuple(edits), tuple(left))
