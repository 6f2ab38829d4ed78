"""What rewriting makes of a service: names change, bytes beside them do not, and the service runs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.upgrade.rewrite import rewrite
from crucible_pipeline.upgrade.verdict import Kind, verdict
from upgrade.rewrite_contracts import BETWEEN, NEW, OLD, rewritten, uses, write_package

BACK = {
    "EvaluationRequest": "Request",
    "time_limit": "timeout",
    "WAITING": "QUEUED",
    "waiting": "queued",
    "EVALUATION_WAITING": "EVALUATION_QUEUED",
    "MAX_MEMORY_MB": "MAX_MB",
}
# How a service imports, and what it calls then: the request, the status, the channels, the limits.
IMPORTS = {
    "from crucible_shared import Request, Status, channels, limits\n": (
        "Request",
        "Status",
        "channels",
        "limits",
    ),
    "from crucible_shared import Request as R, Status as S, channels as c, limits as l\n": (
        "R",
        "S",
        "c",
        "l",
    ),
    "import crucible_shared\n": (
        "crucible_shared.Request",
        "crucible_shared.Status",
        "crucible_shared.channels",
        "crucible_shared.limits",
    ),
    "import crucible_shared as cs\n": ("cs.Request", "cs.Status", "cs.channels", "cs.limits"),
    "from crucible_shared.evaluation import (\n    Request,  # Request\n    Status\n)\n"
    "from crucible_shared import (channels\t, limits )\n": ("Request", "Status", "channels", "limits"),
    "from crucible_shared import *\n": ("Request", "Status", "channels", "limits"),
    "try:\n\tfrom crucible_shared import evaluation, channels, limits\nfinally:\n\tpass\n": (
        "evaluation.Request",
        "evaluation.Status",
        "channels",
        "limits",
    ),
}
USES = (
    '%R(code="x", timeout = 5)\n',
    "print(%S.QUEUED, %S('queued'),%S[ \"QUEUED\" ])  # %S.QUEUED timeout\n",
    "value = %L.EXECUTION . MAX_MB\n",
    "def time_of(one: %R, more: 'list[%R]') -> int:\n\treturn one.timeout\n",
    'whole = %R.model_validate({"code": "a", r"timeout": 3})\n',
    "if (\n    %C.EVALUATION_QUEUED\n): pass\n",
    "def seen(one: %R) -> object:\n    match one:\n        case %R( timeout = 3 ):\n            return one\n",
    "note = 'Request timeout QUEUED'; other = dict(timeout=3)\n",
    (
        "class Both:\n    def __init__(self, one: %R) -> None:\n        self.one = one\n\n"
        "    def much(self) -> int:\n        return self.one.timeout\n"
    ),
    "umlaut = 'ä'; print('ä', %S.QUEUED, 'ö')\n",
    "@(lambda f: f)\nasync def late(*, one: '%R'): return f'{one.timeout}'\n",
    "\f\n",
)
HEADS = ("", "# -*- coding: latin-1 -*-\n", "\ufeff", '"""Request."""\n')


def encoded(text: str) -> bytes:
    return text.encode("latin-1" if "latin-1" in text else "utf-8")


@st.composite
def files(draw: st.DrawFn) -> bytes:
    imported = draw(st.sampled_from(sorted(IMPORTS)))
    names = dict(zip("RSCL", IMPORTS[imported], strict=True))
    lines = draw(st.lists(st.sampled_from(USES), min_size=1, max_size=6))
    body = re.sub(r"%([RSCL])", lambda match: names[match[1]], "".join(lines))
    text = draw(st.sampled_from(HEADS)) + imported + body
    text = text if draw(st.booleans()) else text.rstrip("\n")
    return encoded(text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))))


def back(content: bytes) -> bytes:
    """The content with each new name as it was."""
    expression = rb"\b(" + b"|".join(name.encode() for name in BACK) + rb")\b"
    return re.sub(expression, lambda match: BACK[match[0].decode()].encode(), content)


@settings(max_examples=30)
@given(files())
def test_after_rewriting_no_use_is_left_and_nothing_but_names_has_changed(content: bytes) -> None:
    after, made, hits = rewritten({"app.py": content})
    assert uses(after).hits == ()
    assert [*made.done] == [*hits]
    assert back(after["app.py"]) == content
    ast.parse(after["app.py"])


@settings(max_examples=15)
@given(files(), files())
def test_rewriting_twice_is_rewriting_once(one: bytes, other: bytes) -> None:
    after, _, _ = rewritten({"one.py": one, "other.py": other})
    again = rewrite(after, uses(after).hits, BETWEEN)
    assert again.files == {}
    assert again.done == ()


SERVICES = {
    "moved constants": {
        "main.py": "from crucible_shared import limits  # bounds\n"
        "from crucible_shared.limits import EXECUTION as E, EXECUTION_MAX_SECONDS\n"
        "import crucible_shared as cs, crucible_shared.limits as own\n\n"
        "def late() -> int:\n    from crucible_shared.limits import (\n        API,  # rates\n"
        "        EXECUTION_MAX_MB,\n    )\n    return API.PER_MINUTE + EXECUTION_MAX_MB\n\n"
        "print(limits.API.PER_MINUTE, E.MAX_SECONDS, E.MAX_MB, EXECUTION_MAX_SECONDS, late())\n"
        "print(cs.limits.API.PER_MINUTE, own.API_PER_MINUTE, cs.API_PER_MINUTE)\n"
    },
    "a root that stays in use": {
        "main.py": "from crucible_shared import limits, quotas\n"
        "print(limits.API.PER_MINUTE, limits.EXECUTION.MAX_SECONDS, quotas.USER.MOST)\n"
    },
    "one line": {
        "main.py": "import re; from crucible_shared import limits; print(limits.API.PER_MINUTE, re.I)\n"
    },
    "handed on": {
        "main.py": "import models\nfrom models import *\nfrom models import Request as Wish\n"
        'print(Wish(code="a", timeout=2).timeout, models.Request(code="b").timeout, Request(code="c").code)\n'
        "print(sorted(models.__all__)[1:])\nassert models.first('d').code == 'd'\n",
        "models.py": "from typing import cast\n\nfrom crucible_shared import Request, Status\n\n"
        '__all__ = ["Request", "Status"]\n\n\ndef first(code: str) -> "Request":\n'
        '    return cast("Request", Request(code=code))\n',
    },
    "the new name is taken": {
        "main.py": "from models import Request\nfrom crucible_shared import Response\n"
        "import crucible_shared\n\nclass EvaluationRequest: pass\n\n"
        'one = Response(request=Request(code="a", timeout=4))\n'
        "print(one.request.timeout, EvaluationRequest.__name__)\n"
        'print(crucible_shared.Request(code="c").code)\n',
        "models.py": 'from crucible_shared import Request\n\nprint(Request(code="b").timeout)\n',
    },
    "the old name means two things": {
        "main.py": "from crucible_shared import Request\n\n\ndef same(Request): return Request\n\n\n"
        'print(Request(code="a").timeout, same(3))\n'
    },
    "values": {
        "main.py": "from crucible_shared import Status as S\n"
        'print(S("queued") is S.QUEUED, S["QUEUED"] in {S.QUEUED}, S.RUNNING)\n'
        "one = S.QUEUED\nmatch one:\n    case S.RUNNING: print(1)\n    case S.QUEUED: print(2)\n"
    },
    "annotations that are texts": {
        "main.py": "from typing import TYPE_CHECKING, Annotated, Literal, get_type_hints\n\n"
        "if TYPE_CHECKING:\n    from pathlib import Path\nfrom crucible_shared import Request\n\n"
        'def f(a: "Request | None", b: Annotated["list[Request]", "Request"], c: Literal["Request"]): ...\n\n'
        'print(get_type_hints(f)["a"] == (Request | None), f.__annotations__["c"])\n'
    },
    "patches": {
        "main.py": "from unittest.mock import patch\n\nimport service.models\n\n"
        "with patch('service.models.Request', 5):\n    print(service.models.made())\n",
        "service/__init__.py": "",
        "service/models.py": "from crucible_shared import Request\n\ndef made(): return Request\n",
    },
}


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {name: tmp_path_factory.mktemp(name) for name in ("old", "new")}
    write_package(OLD, made["old"])
    write_package(NEW, made["new"])
    return made


RUNNER = """\
import contextlib, io, os, runpy, sys, traceback
for folder in sys.argv[1:]:
    sys.path.insert(0, folder)
    before, said = set(sys.modules), io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(os.path.join(folder, "main.py"))
    except BaseException:
        said = io.StringIO(traceback.format_exc())
    print(os.path.basename(folder), repr(said.getvalue()))
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(folder):
            del sys.modules[name]
    sys.path.remove(folder)
"""


def what_they_print(services: dict[str, dict[str, bytes]], package: Path, folder: Path) -> dict[str, str]:
    """Run every service in one process; a warning about a former name is an error."""
    folders: list[str] = []
    for number, sources in enumerate(services.values()):
        for path, content in sources.items():
            target = folder / str(number) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        folders.append(str(folder / str(number)))
    command = [sys.executable, "-P", "-W", "error::DeprecationWarning", "-c", RUNNER, *folders]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(package)}, capture_output=True, text=True, check=True, timeout=120
    )
    said = [line.partition(" ")[2] for line in done.stdout.splitlines()]
    return {name: ast.literal_eval(text) for name, text in zip(services, said, strict=True)}


def test_a_rewritten_service_does_with_the_new_package_what_it_did_with_the_old_one(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    before = {name: {path: text.encode() for path, text in some.items()} for name, some in SERVICES.items()}
    after = {name: rewritten(sources)[0] for name, sources in before.items()}
    said = what_they_print(before, packages["old"], tmp_path / "before")
    assert not [text for text in said.values() if "Traceback" in text or not text]
    broken = what_they_print(before, packages["new"], tmp_path / "broken")
    assert {name for name, text in broken.items() if "Traceback" not in text} == set()
    again = what_they_print(after, packages["new"], tmp_path / "after")
    again["handed on"] = again["handed on"].replace("EvaluationRequest", "Request")
    assert again == said


def test_names_that_move_are_imported_where_the_old_ones_were() -> None:
    source = SERVICES["moved constants"]["main.py"].encode()
    after = rewritten({"main.py": source})[0]["main.py"].decode()
    assert after == (
        "from crucible_shared import quotas  # bounds\n"
        "from crucible_shared.limits import SANDBOX\n"
        "from crucible_shared.limits import EXECUTION as E, SANDBOX_MAX_SECONDS\n"
        "from crucible_shared import quotas\n"
        "import crucible_shared as cs\n\n"
        "def late() -> int:\n"
        "    from crucible_shared.quotas import CLIENT\n"
        "    from crucible_shared.limits import (\n        EXECUTION_MAX_MEMORY_MB,\n    )\n"
        "    return CLIENT.RATE + EXECUTION_MAX_MEMORY_MB\n\n"
        "print(quotas.CLIENT.RATE, SANDBOX.MAX_SECONDS, E.MAX_MEMORY_MB, SANDBOX_MAX_SECONDS, late())\n"
        "print(cs.quotas.CLIENT.RATE, quotas.CLIENT_RATE, cs.CLIENT_RATE)\n"
    )
    assert verdict(uses({"main.py": after.encode()}).hits).kind is Kind.SAFE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("(\n    API,  # a\n    EXECUTION,  # b\n)", "(\n    EXECUTION,  # b\n)"),
        ("(\n    EXECUTION,  # b\n    API,  # a\n)", "(\n    EXECUTION,  # b  # a\n)"),
        ("EXECUTION, API", "EXECUTION"),
        ("API, EXECUTION", "EXECUTION"),
        ("(EXECUTION, API)", "(EXECUTION)"),
        ("EXECUTION as E, API as A, EXECUTION", "EXECUTION as E, EXECUTION"),
    ],
)
def test_a_name_that_nothing_uses_any_more_leaves_its_import(before: str, after: str) -> None:
    name = "A" if " as A" in before else "API"
    text = f"from crucible_shared.limits import {before}\nprint({name}.PER_MINUTE)\n"
    assert rewritten({"a.py": text.encode()})[0]["a.py"].decode() == (
        "from crucible_shared.quotas import CLIENT\n"
        f"from crucible_shared.limits import {after}\nprint(CLIENT.RATE)\n"
    )


@pytest.mark.parametrize(
    "content",
    [
        (
            b"if True:\n\tfrom crucible_shared import Request\n        \n\tRequest\n"
            b"if True:\n        x=1\n\ty=2\n"
        ),
        b"from crucible_shared import Request\nRequest = \xff\n",
        b"# coding: none-such\nfrom crucible_shared import Request\n",
        b"from crucible_shared import (Request\n",
        b'from crucible_shared import Request\nx = "\0"\n',
    ],
)
def test_a_file_that_cannot_be_read_stays_as_it_is_and_so_does_every_name_in_others(content: bytes) -> None:
    sources = {"odd.py": content, "sound.py": b"from odd import Request\nRequest.model_fields\n"}
    after, made, _ = rewritten(sources)
    assert after == sources
    assert {hit.file for hit in made.done} <= {"sound.py"}


def test_what_has_no_new_name_and_what_is_only_a_text_stay_for_a_person() -> None:
    source = (
        b"from crucible_shared import Status\n\nif 'queued' == str(getattr(Status, 'QUEUED')):\n    pass\n"
    )
    after, made, hits = rewritten({"a.py": source})
    assert after == {"a.py": source}
    assert made.done == ()
    assert [hit.symbol for hit in hits] == ['"queued"', "Status.QUEUED"]


def test_a_name_that_would_hide_another_one_is_imported_as_it_was() -> None:
    sources = {path: text.encode() for path, text in SERVICES["the new name is taken"].items()}
    after, _, _ = rewritten(sources)
    assert after["models.py"].startswith(b"from crucible_shared import EvaluationRequest as Request\n")
    assert after["main.py"].startswith(b"from models import Request\n")
    assert b"crucible_shared.EvaluationRequest(code" in after["main.py"]
