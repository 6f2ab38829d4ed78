"""Imports and lines about the search path, form by form; what is not understood stays as it is."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.migrate.change import applied
from crucible_pipeline.migrate.package import Package
from crucible_pipeline.migrate.python_files import migrate_python
from crucible_pipeline.migrate.tree import Tree

PACKAGE = Package(
    "crucible-shared",
    Version("0.3.0"),
    "crucible_shared",
    frozenset({"Status", "Request", "LIMIT", "limits"}),
    {"limits": frozenset({"LIMIT"})},
)


def migrated(text: str, path: str = "service/app.py", others: tuple[str, ...] = ()) -> str:
    tree = Tree("repository", frozenset({path, *others}), "service")
    found = migrate_python({path: text}, tree, PACKAGE, "shared").files[path]
    return applied(text, found.edits)


def test_imports_by_form() -> None:
    rows = {
        "from shared.types import Status\n": "from crucible_shared import Status\n",
        "from shared import Status as S, Request\n": "from crucible_shared import Status as S, Request\n",
        "from .shared.types import Status\n": "from crucible_shared import Status\n",
        "from ..lib.shared.types import Status\n": "from crucible_shared import Status\n",
        "from  shared.t  import Status; Status.A\n": "from  crucible_shared  import Status; Status.A\n",
        "if True:\n\tfrom shared.t import Status, old\n": (
            "if True:\n\tfrom crucible_shared import Status\n\tfrom shared.t import old\n"
        ),
        "from shared import limits\nlimits.LIMIT\n": "from crucible_shared import limits\nlimits.LIMIT\n",
        "from shared import types\nprint(types.Status)\n": (
            "import crucible_shared as types\nprint(types.Status)\n"
        ),
        "import shared.types as t\nt.Status\n": "import crucible_shared as t\nt.Status\n",
        "import shared.types\nshared.types.Status\n": "import crucible_shared\ncrucible_shared.Status\n",
        "if x:\r\n from shared.t import Status\r\n": "if x:\r\n from crucible_shared import Status\r\n",
    }
    for before, after in rows.items():
        assert migrated(before) == after
        assert migrated(after) == after


@pytest.mark.parametrize(
    "text",
    [
        "from shared.utils import retry\n",
        "from shared.types import *\n",
        "from shared import limits\nprint(limits.OTHER)\n",
        "from shared import types\nuse(types)\n",
        "import shared.types as t\nt.Unknown\n",
        "import shared.types\nshared.types.Unknown\n",
        "import shared.types, os\n",
        "from shared.t import (Status,  # why\n    old)\n",
        "from sharedness import Status\n",
        "from my.sharing import Status\n",
        "shared = 1\nprint(shared.Status)\n",
        "x = 'from shared.types import Status'\n",
    ],
)
def test_what_is_not_sure_stays(text: str) -> None:
    assert migrated(text) == text


IMPORT = "from shared.types import Status\n"
ADDING = "sys.path.append(str(Path(__file__).parent.parent))\n"
HELPERS = "import sys\nfrom pathlib import Path\n"


@pytest.mark.parametrize(
    "line",
    [
        "sys.path.insert(0, str(Path(__file__).parent.parent))",
        "sys.path.append(os.path.join(os.path.dirname(__file__), '..'))",
        "sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))",
        "sys.path.extend([str(Path(__file__).resolve().parents[1])])",
    ],
)
def test_a_line_about_the_search_path_goes_only_where_its_folder_gives_nothing_else(line: str) -> None:
    needed = "import os\n" if "os." in line else "from pathlib import Path\n"
    text = f"{needed}import sys\n\n{line}\n\n{IMPORT}"
    assert migrated(text) == "from crucible_shared import Status\n"
    needing = f"{text}import beside\n"
    assert line in migrated(needing, others=("beside/__init__.py",))
    # a folder of that name elsewhere is not found through the line
    assert line not in migrated(needing, others=("elsewhere/beside/__init__.py",))


def test_a_folder_that_cannot_be_told_stays_on_the_path() -> None:
    for line in ("sys.path.insert(0, '/app')", "sys.path.append(find())", "sys.path.append(root)"):
        text = f"import sys\n{line}\n{IMPORT}"
        assert line in migrated(text)


def test_a_body_that_would_be_empty_keeps_a_statement() -> None:
    text = f"{HELPERS}\ndef prepare():\n    {ADDING}\n{IMPORT}"
    assert "def prepare():\n    pass\n" in migrated(text)


def test_the_path_stays_where_something_still_comes_from_the_copy() -> None:
    text = f"{HELPERS}{ADDING}{IMPORT}from shared.utils import retry\n"
    assert "sys.path.append" in migrated(text)


PIECES = st.sampled_from(
    [
        "from shared.types import Status\n",
        "from shared.types import Status, old as o\n",
        "import shared.types as kinds\n",
        "print(kinds.Status)\n",
        "import sys\n",
        "from pathlib import Path\n",
        "sys.path.insert(0, str(Path(__file__).parent.parent))\n",
        "try:\n    from shared.types import Request\nexcept ImportError:\n    Request = None\n",
        "try:\n    from shared.t import Request\nexcept ImportError:\n    from shared.types import Request\n",
        "if sys.path:\n    from .shared.types import LIMIT\n",
        "# a comment about shared\n",
        "\n",
        "x = 'shared.types.Status'\n",
        "def f(a):\n    return a\n",
        "print(sys.argv, '\u00e4\U0001f600'); from shared import limits\n",
    ]
)


@given(st.lists(PIECES, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_any_file_stays_python_loses_no_line_that_is_not_about_the_copy_and_is_done_at_once(
    pieces: list[str], newline: str
) -> None:
    text = "".join(pieces).replace("\n", newline)
    once = migrated(text)
    ast.parse(once)
    assert migrated(once) == once
    kept = [line for line in text.splitlines() if line.startswith(("def ", "print(kinds", "x =", "#"))]
    assert [line for line in once.splitlines() if line in kept] == kept
    assert ("\r\n" in once) == ("\r\n" in text) or not once.strip()
    assert "\n" not in once.replace("\r\n", "") or newline == "\n"
