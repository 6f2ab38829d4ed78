"""Pins are found as pip finds them, and an edit changes the specifier alone."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements

from crucible_pipeline.upgrade.encoding import decode
from crucible_pipeline.upgrade.lines import find_includes
from crucible_pipeline.upgrade.pins import edit
from crucible_pipeline.upgrade.pins_requirements import find_pins
from crucible_pipeline.upgrade.specifier import moved

PROJECT = "crucible-shared"
DIGEST = "sha256:" + "ab" * 32
# made once: it reads the certificates of the machine
SESSION = PipSession()
OTHER = "sha256:" + "cd" * 32


def read_by_pip(path: Path) -> list[tuple[str, bool, bool, object]]:
    """Name, extras, marker, options of each requirement of the package; all of every other one."""
    found: list[tuple[str, bool, bool, object]] = []
    for parsed in parse_requirements(str(path), session=SESSION):
        text = parsed.requirement
        try:
            requirement = Requirement(text)
        except ValueError:
            found.append((text, parsed.constraint, parsed.is_editable, parsed.options))
            continue
        if canonicalize_name(requirement.name) == PROJECT:
            requirement.specifier = type(requirement.specifier)()
            text = str(requirement)
        found.append((text, parsed.constraint, parsed.is_editable, parsed.options))
    return found


def specifiers_by_pip(path: Path) -> list[str]:
    """The specifiers of the package as pip reads them, sorted clauses."""
    found: list[str] = []
    for parsed in parse_requirements(str(path), session=SESSION):
        try:
            requirement = Requirement(parsed.requirement)
        except ValueError:
            continue
        if (
            canonicalize_name(requirement.name) == PROJECT
            and requirement.url is None
            and requirement.specifier
        ):
            found.append(str(requirement.specifier))
    return found


def upgraded(data: bytes, to: str) -> bytes:
    decoded = decode(data)
    text = decoded.text
    for pin in reversed(find_pins("requirements.txt", text, PROJECT)):
        specifier = None if pin.fixed else moved(pin, Version(to))
        if specifier is not None:
            text = edit(text, pin, specifier)
    return decoded.encode(text)


def without_versions(text: str) -> list[str]:
    """What stands around the versions of the pins."""
    pieces, position = [], 0
    for pin in find_pins("", text, PROJECT):
        for clause in pin.clauses:
            pieces.append(text[position : clause.start])
            position = clause.end
    return [*pieces, text[position:]]


NAMES = st.sampled_from(["crucible-shared", "Crucible_Shared", "CRUCIBLE.SHARED", "crucible--shared"])
SPECIFIERS = st.sampled_from(
    [
        "==0.3.*",
        "== 0.3.*",
        "~=0.3.1",
        "==0.3.1",
        ">=0.3,<0.4",
        ">=0.3.1, <0.4, !=0.3.3",
        " (==0.3.1)",
        "===0.3.1",
    ]
)
EXTRAS = st.sampled_from(["", "[events]", "[events,http]", " [events] "])
MARKERS = st.sampled_from(["", '; python_version < "3.14"', " ;sys_platform=='linux'", "; extra == 'a' "])
COMMENTS = st.sampled_from(["", " # shared types", "\t# 0.3.* --hash=x", "  # ends in \\"])
CONTINUED = st.sampled_from(["", " \\\n    ", "\\\n"])


@st.composite
def own_line(draw: st.DrawFn) -> str:
    hashes = draw(
        st.sampled_from(["", f" --hash={DIGEST}", f" \\\n    --hash={DIGEST} \\\n    --hash={OTHER}"])
    )
    middle = draw(CONTINUED)
    specifier = draw(SPECIFIERS)
    if "," in specifier:
        specifier = specifier.replace(",", f",{draw(CONTINUED)}", 1)
    return draw(NAMES) + draw(EXTRAS) + middle + specifier + draw(MARKERS) + hashes + draw(COMMENTS)


OTHER_LINES = st.sampled_from(
    [
        "",
        "   ",
        "# crucible-shared==0.3.*",
        "# a comment \\",
        "fastapi==0.115.*",
        "crucible-shared-extra==0.3.*",
        "not-crucible-shared==0.3.1",
        "redis>=5 # crucible-shared==0.3.1",
        "--extra-index-url https://packages.example/simple",
        "-e ./crucible_shared",
        "git+https://git.example/x.git#egg=crucible_shared",
        "crucible-shared @ https://packages.example/crucible_shared-0.3.1-py3-none-any.whl",
        "crucible-shared",
        "--pre",
        "uvicorn[standard] ; python_version < '3.14'",
    ]
)
FILES = st.tuples(
    st.lists(st.one_of(own_line(), OTHER_LINES), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1 declared"]),
)


def written(lines: list[str], end: str, last: bool, encoding: str) -> bytes:  # noqa: FBT001
    if encoding == "latin-1 declared":
        lines = ["# -*- coding: latin-1 -*-", "# Gr\u00f6\u00dfe", *lines]
        encoding = "latin-1"
    text = "\n".join(lines) + ("\n" if last else "")
    return text.replace("\n", end).encode(encoding)


@settings(max_examples=60, deadline=None)
@given(FILES)
def test_pip_reads_the_same_requirements_after_an_edit_but_for_the_specifier(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[list[str], str, bool, str]
) -> None:
    path = tmp_path_factory.mktemp("pip") / "requirements.txt"
    data = written(*file)
    path.write_bytes(data)
    before, specifiers = read_by_pip(path), specifiers_by_pip(path)
    after = upgraded(data, "0.4.2")
    path.write_bytes(after)
    assert read_by_pip(path) == before
    assert len(find_pins("", decode(data).text, PROJECT)) >= len(specifiers)
    assert all(Requirement(f"x{one}").specifier.contains("0.4.2") for one in specifiers_by_pip(path))
    assert len(specifiers_by_pip(path)) == len(specifiers)


@settings(max_examples=60, deadline=None)
@given(FILES)
def test_an_edit_changes_only_the_versions_of_the_specifier(file: tuple[list[str], str, bool, str]) -> None:
    data = written(*file)
    before, after = decode(data), decode(upgraded(data, "0.4.2"))
    assert (before.mark, before.encoding) == (after.mark, after.encoding)
    assert without_versions(before.text) == without_versions(after.text)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_survive_decoding_and_encoding(data: bytes) -> None:
    decoded = decode(data)
    assert decoded.encode(decoded.text) == data


@pytest.mark.parametrize(
    ("line", "specifier"),
    [
        ("crucible-shared==0.3.*", "==0.3.*"),
        ("Crucible_Shared == 0.3.*  # types", "== 0.3.*"),
        ("crucible.shared[a,b]>=0.3,<0.4 ; python_version<'3.14'", ">=0.3,<0.4"),
        ("crucible-shared (~=0.3.1)", "~=0.3.1"),
        ("crucible-shared \\\n  ==0.3.1", "==0.3.1"),
    ],
)
def test_the_specifier_of_a_pin_is_read_as_written(line: str, specifier: str) -> None:
    (pin,) = find_pins("r.txt", line, PROJECT)
    assert pin.specifier == specifier
    assert not pin.fixed


@pytest.mark.parametrize(
    "line",
    [
        "# crucible-shared==0.3.*",
        "crucible-shared-extra==0.3.*",
        "x # crucible-shared==1",
        "-e ./crucible-shared",
    ],
)
def test_a_line_that_does_not_require_the_package_is_no_pin(line: str) -> None:
    assert find_pins("r.txt", line, PROJECT) == []


def test_the_line_of_a_pin_is_that_of_its_specifier() -> None:
    (pin,) = find_pins("r.txt", "a\r\n\r\ncrucible-shared \\\r\n  ==0.3.*\r\n", PROJECT)
    assert pin.line == 4


@pytest.mark.parametrize(
    "line",
    [
        "crucible-shared==${VERSION}",
        "crucible-shared",
        "crucible-shared @ file:///x.whl",
        "git+ssh://x/y#egg=crucible-shared",
    ],
)
def test_a_requirement_without_a_readable_version_says_why_it_stays(line: str) -> None:
    (pin,) = find_pins("r.txt", line, PROJECT)
    assert pin.fixed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"crucible-shared==0.3.1 \\\n    --hash={DIGEST} \\\n    --hash={OTHER}\nb==1\n",
            (
                "crucible-shared==0.4.0 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22"
                " \\\n    --hash=sha256:33\nb==1\n"
            ),
        ),
        (
            f"crucible-shared==0.3.1 --hash={DIGEST}  # kept",
            "crucible-shared==0.4.0 --hash=sha256:11 --hash=sha256:22 --hash=sha256:33  # kept",
        ),
        (
            f"crucible-shared==0.3.1 \\\r\n  --hash {DIGEST}\r\n",
            (
                "crucible-shared==0.4.0 \\\r\n  --hash sha256:11 \\\r\n  --hash sha256:22"
                " \\\r\n  --hash sha256:33\r\n"
            ),
        ),
    ],
)
def test_new_hashes_take_the_layout_of_the_old_ones(before: str, after: str) -> None:
    (pin,) = find_pins("r.txt", before, PROJECT)
    assert edit(before, pin, "==0.4.0", ["sha256:22", "sha256:11", "sha256:33"]) == after


def test_an_edit_with_other_operators_is_an_error_of_the_caller() -> None:
    (pin,) = find_pins("r.txt", "crucible-shared==0.3.1", PROJECT)
    with pytest.raises(ValueError, match="operators"):
        edit("crucible-shared==0.3.1", pin, "~=0.4.0")


@pytest.mark.parametrize(
    "line",
    [
        "-r base.txt",
        "-rbase.txt",
        "--requirement=base.txt",
        "--requirement base.txt",
        "-c base.txt",
        "--constraint=base.txt",
        "--constr base.txt",
        "--pre -r base.txt",
        "-r 'base.txt'",
        "-r \\\n base.txt # that one",
    ],
)
def test_an_include_is_found_as_pip_finds_it(tmp_path: Path, line: str) -> None:
    (tmp_path / "base.txt").write_text("reached==1\n")
    (tmp_path / "requirements.txt").write_text(line)
    assert [one.requirement for one in parse_requirements(str(tmp_path / "requirements.txt"), SESSION)] == [
        "reached==1"
    ]
    assert [include.target for include in find_includes(line)] == ["base.txt"]


@pytest.mark.parametrize("line", ["x==1 -r base.txt", "# -r base.txt", "-e . # -r base.txt", "-r 'base.txt"])
def test_what_pip_does_not_include_is_no_include(line: str) -> None:
    assert find_includes(line) == []


def test_a_word_with_a_dash_inside_begins_no_options() -> None:
    (pin,) = find_pins("r.txt", "crucible-shared==0.3.1 --config-settings k=v", PROJECT)
    assert shlex.split(pin.specifier) == ["==0.3.1"]
