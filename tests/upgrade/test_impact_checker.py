"""The type checker over services and wheels that are not as they should be: it says so, and runs nothing."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.compat.diff import diff
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.upgrade import wheel_code
from crucible_pipeline.upgrade.certain import TYPE_ERROR, confirmed
from crucible_pipeline.upgrade.checker import Checker, find_checker, new_faults
from crucible_pipeline.upgrade.fault import Fault
from crucible_pipeline.upgrade.flat import MAX_FILES, flat
from crucible_pipeline.upgrade.impact import Impact, impact
from crucible_pipeline.upgrade.modules import module_of
from crucible_pipeline.upgrade.typed import Package, Types, Versions, with_types
from crucible_pipeline.upgrade.use import Tier
from crucible_pipeline.upgrade.verdict import Kind, verdict, why
from crucible_pipeline.upgrade.wanted import wanted
from crucible_pipeline.upgrade.wheel_code import code_of
from upgrade.upgrade_services import contract

OLD, NEW = contract("old"), contract("new")
CHANGES = diff(OLD, NEW)
IMPORT = "from crucible_shared import EvaluationRequest, EvaluationStatus\n"


def never() -> tuple[Package, Package]:
    pytest.fail("no checker was to be asked")


def checked(
    sources: Mapping[str, bytes], checker: Checker | None, packages: tuple[Package, Package] | None = None
) -> Impact:
    versions = Versions(CHANGES, OLD, NEW, never if packages is None else lambda: packages)
    return with_types(impact(CHANGES, OLD, NEW, sources), sources, versions, Types(checker, None))


def test_without_a_checker_a_note_says_so_and_hits_stay_likely() -> None:
    found = checked({"app.py": f"{IMPORT}EvaluationStatus.QUEUED".encode()}, None)
    assert [hit.tier for hit in found.hits] == [Tier.LIKELY]
    assert found.notes == (
        "No type checker is installed, so that no hit is certain: install mypy or pyright.",
    )


def test_a_service_that_does_not_name_the_package_costs_no_check() -> None:
    assert checked({"app.py": b"import os\nprint(os.name)\n"}, find_checker()) == Impact()


def test_a_service_that_is_too_large_for_a_checker_is_told() -> None:
    sources = {f"m{number}.py": b"import crucible_shared\n" for number in range(MAX_FILES + 1)}
    assert checked(sources, find_checker()).notes == (
        "The service is too large for a type checker, so that no hit is certain.",
    )


def test_wheels_without_code_are_told() -> None:
    found = checked({"app.py": IMPORT.encode()}, find_checker(), ({}, {"__init__.py": b""}))
    assert found.notes == ("A wheel of the two versions holds no code, so that no hit is certain.",)


def test_wheels_with_the_same_code_cost_no_check() -> None:
    package = {"__init__.py": b""}
    nobody = Checker("mypy", "", ("/nowhere/mypy",))
    assert checked({"app.py": IMPORT.encode()}, nobody, (package, package)).notes == ()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("/nowhere/mypy",), "the type checker cannot be started"),
        (("/bin/false",), "mypy could not read the service"),
        (("/bin/echo",), None),
    ],
)
def test_a_checker_that_fails_costs_certainty_and_nothing_else(
    command: tuple[str, ...], said: str | None
) -> None:
    packages = ({"__init__.py": b""}, {"__init__.py": b"x = 1"})
    found = checked({"app.py": IMPORT.encode()}, Checker("mypy", "", command), packages)
    assert found.notes == () if said is None else said in found.notes[0]


HOSTILE = {
    "typing.py": b"import crucible_shared\n",
    "builtins.py": b"import crucible_shared\n",
    "a b/c-d/main.py": b"from crucible_shared import *\n",
    "main.py": b"from .. import far\nfrom . import near\nimport crucible_shared\n",
    "other/main.py": b"from .nowhere.at.all import x\nimport crucible_shared\n",
    "quoted\n.py": b"# mypy: ignore-errors\nimport crucible_shared\n",
    "-c.py": b"import crucible_shared # type: ignore\nx: int = ''  # type: ignore\n",
    "conftest.py": b"import crucible_shared\nopen('/nonexistent/x', 'w')\nraise SystemExit(3)\n",
    "latin.py": "# coding: latin-1\nimport crucible_shared\nx = 'ä'\n".encode("latin-1"),
    "bom.py": "import crucible_shared\n".encode("utf-8-sig"),
    "continued.py": b"from . \\\n  import (near)\nimport crucible_shared\n",
    "type_comment.py": b"import crucible_shared\nx = []  # type: List[\n",
    "null.py": b"import crucible_shared\0",
}


def test_files_that_no_checker_would_read_do_not_stop_it() -> None:
    checker = find_checker()
    assert checker is not None
    files = flat(HOSTILE, "crucible_shared")
    assert set(HOSTILE) - set(files.paths.values()) == {"continued.py", "null.py"}
    old = {"__init__.py": b"def gone() -> int: ...\n", "py.typed": b""}
    service = {**files.files, "module_99999.py": b"import crucible_shared\ncrucible_shared.gone()\n"}
    faults = new_faults(checker, service, "crucible_shared", (old, {**old, "__init__.py": b""}))
    assert [(fault.file, fault.line, fault.is_first) for fault in faults] == [("module_99999.py", 2, True)]


def test_a_checker_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crucible_pipeline.upgrade.checker.SECONDS", 0.2)
    sleeper = Checker("mypy", "", ("/bin/sh", "-c", "sleep 600"))
    with pytest.raises(CannotDo, match="took more than"):
        new_faults(sleeper, {"module_00000.py": b""}, "crucible_shared", ({}, {}))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "import crucible_shared",
                "from . import b",
                "from .b import x",
                "from app import b as c",
                "from app.b import (x,\n  y as z)",
                "import b",
                "import app.b as d; e = 1",
                "if True: from .b import x as w",
                "x = 'from .b import x'",
                "def f():\n    from .b import x\n    return x  # type: ignore",
                "ü = 'ä'; from .b import x",
            ]
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_renamed_copy_has_the_same_lines_and_imports_nothing_relatively(parts: list[str]) -> None:
    text = "\n".join(["import crucible_shared", *parts, ""])
    sources = {"app/a.py": text.encode(), "app/b.py": b"import crucible_shared\nx = y = 1\n"}
    copies = flat(sources, "crucible_shared")
    ours = next(name for name, path in copies.paths.items() if path == "app/a.py")
    copy = copies.files[ours].decode()
    compile(copy, ours, "exec")
    assert len(copy.splitlines()) == len(text.splitlines())
    assert "from ." not in copy.replace("'from .b", "")
    assert "ignore" not in copy
    untouched = [line for line in text.splitlines() if "import" not in line and "ignore" not in line]
    assert set(untouched) <= set(copy.splitlines())


def fault(message: str, *, line: int = 2, is_first: bool = True) -> Fault:
    return Fault("app.py", line, line, "code", message, is_first=is_first)


def tiers(code: str, *faults: Fault) -> list[tuple[int, str, str]]:
    sources = {"app.py": f"{IMPORT}{code}".encode()}
    found = confirmed(impact(CHANGES, OLD, NEW, sources), faults, wanted(CHANGES, OLD, NEW), sources)
    return [(hit.line, hit.symbol, hit.tier.value) for hit in found.hits]


def test_an_error_makes_certain_the_names_that_it_quotes_and_no_others() -> None:
    code = "EvaluationRequest(code=EvaluationStatus.QUEUED, language='', priority=True, timeout=1)"
    assert tiers(code, fault('"type[EvaluationStatus]" has no attribute "QUEUED"')) == [
        (2, "EvaluationRequest.priority", "likely"),
        (2, "EvaluationRequest.timeout", "likely"),
        (2, "EvaluationStatus.QUEUED", "certain"),
    ]
    assert {tier for _, _, tier in tiers(code, fault("something else is wrong"))} == {"likely"}


def test_an_error_without_a_name_makes_the_only_use_of_its_line_certain_unless_the_line_was_wrong() -> None:
    code = "x = EvaluationStatus.QUEUED"
    assert tiers(code, fault("wrong")) == [(2, "EvaluationStatus.QUEUED", "certain")]
    assert tiers(code, fault("wrong", is_first=False)) == [(2, "EvaluationStatus.QUEUED", "likely")]


def test_what_only_the_checker_sees_is_a_hit_with_the_name_that_the_error_quotes() -> None:
    code = "job.result.exit_code\nother(job)\n"
    named, unnamed = (
        fault('"EvaluationResponse" has no attribute "exit_code"'),
        fault("no overload fits", line=3),
    )
    assert tiers(code, named, unnamed) == [
        (2, "EvaluationResponse.exit_code", "certain"),
        (3, "code", "certain"),
    ]


def test_an_error_that_no_change_explains_needs_a_person_who_is_told_what_the_checker_says() -> None:
    sources = {"app.py": b"import crucible_shared\nuse(crucible_shared)\n"}
    found = confirmed(Impact(), [fault("no overload fits")], wanted(CHANGES, OLD, NEW), sources)
    said = verdict(found.hits)
    assert (said.kind, [(hit.rule, why(hit)) for hit in said.for_a_person]) == (
        Kind.NEEDS_A_PERSON,
        [(TYPE_ERROR, "no overload fits")],
    )


def wheel(members: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_of_a_wheel_only_the_code_below_its_package_counts() -> None:
    data = wheel(
        {
            "crucible_shared/__init__.py": b"a",
            "crucible_shared/deep/er.pyi": b"b",
            "crucible_shared/py.typed": b"",
            "crucible_shared/contract.json": b"{}",
            "crucible_shared/../../evil.py": b"",
            "crucible_shared//rooted.py": b"",
            "crucible_shared/a\\b.py": b"",
            "other/__init__.py": b"",
            "/etc/x.py": b"",
        }
    )
    assert code_of(data, "crucible_shared") == {"__init__.py": b"a", "deep/er.pyi": b"b", "py.typed": b""}
    assert code_of(data, "nothing") == {}


def test_a_wheel_that_is_none_or_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        code_of(b"no wheel", "crucible_shared")
    monkeypatch.setattr(wheel_code, "MAX_BYTES", 10)
    with pytest.raises(Refused, match="larger than"):
        code_of(wheel({"p/a.py": b"123456", "p/b.py": b"123456"}), "p")


def test_names_of_copies_are_never_those_of_the_service() -> None:
    names = {Path(name).stem for name in flat(HOSTILE, "crucible_shared").paths}
    assert names.isdisjoint(map(module_of, HOSTILE))
