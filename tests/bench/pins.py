"""Real files with pins, each in five forms: after an upgrade only versions differ, and their readers agree.

The files are those with which other tools test themselves, read out of clones of their repositories; nothing
of them is kept here. Of each file the first package that can move is upgraded, as if it were ours.
"""

import io
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, suppress
from difflib import SequenceMatcher
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from pip._internal.exceptions import PipError
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import RequirementsFileParser, get_line_parser

from bench import compat_corpora
from bench.table import Row
from crucible_pipeline.upgrade.encoding import decode
from crucible_pipeline.upgrade.located import leaves
from crucible_pipeline.upgrade.pin_files import find_pins
from crucible_pipeline.upgrade.pins import Edit, apply, edits
from crucible_pipeline.upgrade.specifier import admits, floor_of, moved
from upgrade.pin_kinds import KINDS

PINNED = {
    "dependabot/dependabot-core": "54c10285aafe229d2e8e2708c1c716d6a0a534f8",
    "renovatebot/renovate": "c2dd4f856f068eeda4c10afc3752c35fe1f6cab1",
    "alanhamlett/pip-update-requirements": "c6dd411e2422e2d435240bc11d0273e1eb946e20",
    "madpah/requirements-parser": "1df25bf5adc219d9f69d965b81ce6e9fb6559c85",
    "jazzband/pip-tools": "c58d5d945c0f20e9713e10f5fea2491a5c984f39",
    "pypa/pip": "6d309205789d368b2749d93fd6193d584811efd5",
    "astral-sh/uv": "26a9dd4b2125bc271b47855e1fa0c49af3365db5",
}
FILES = 300
KINDS_MOVED = 75
PACKAGES = 1
MAX_BYTES = 100_000
_REQUIREMENTS = re.compile(
    r"(?:requirements?|constraints?|reqfiles|samples|pip_compile_files)[^/]*(?:/[^/]*){0,3}\.(?:txt|in)$"
)
_TOML = re.compile(r"pyproject[^/]*(?:/[^/]*)?\.toml$|(?:Pipfile|pipfile_files/[^/.]+)$")
_NAME = re.compile(r"^[ \t\"']*([A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9])[^\n]*[0-9]", re.MULTILINE)
_VERSION = re.compile(r"[0-9A-Za-z.*!+-]*")
# made once: it reads the certificates of the machine
SESSION = PipSession()
LATIN = b"# -*- coding: latin-1 -*-\n# Gr\xf6\xdfe\n"
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "CRLF": lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "BOM": lambda data: b"\xef\xbb\xbf" + data.removeprefix(b"\xef\xbb\xbf"),
    "no last newline": lambda data: data.rstrip(b"\r\n"),
    "latin-1": lambda data: LATIN + data,
}


def files() -> dict[str, tuple[str, bytes]]:
    """The files of the corpora: identity of the content → name and content."""
    found: dict[str, tuple[str, bytes]] = {}
    for name, commit in PINNED.items():
        folder = compat_corpora.repository(name)
        if folder is None:
            continue
        git = ["git", "--git-dir", str(folder)]
        listed = subprocess.run([*git, "ls-tree", "-r", commit], capture_output=True, check=True).stdout
        for line in listed.decode("utf-8", "replace").splitlines():
            about, path = line.split("\t")
            mode, kind, identity = about.split()
            fits = _REQUIREMENTS.search(path) or _TOML.search(path)
            if kind == "blob" and mode.startswith("100") and fits and identity not in found:
                content = subprocess.run(
                    [*git, "cat-file", "blob", identity], capture_output=True, check=True
                )
                found[identity] = (path, content.stdout)
    return {identity: one for identity, one in found.items() if len(one[1]) <= MAX_BYTES}


def name_of(path: str) -> str:
    """The name under which a file is read: fixtures of one format bear many."""
    if _TOML.search(path):
        return "pyproject.toml" if path.endswith(".toml") else "Pipfile"
    return "requirements.txt"


def upgraded(name: str, data: bytes, project: str) -> bytes:
    """The file after its pins of a package have moved to the next line."""
    decoded = decode(data)
    changes: list[Edit] = []
    for pin in find_pins(name, decoded.text, project):
        floor = floor_of(pin)
        if pin.fixed or floor is None:
            continue
        major, minor = (*floor.release, 0)[:2]
        target = Version(f"{floor.epoch}!{major}.{minor + 1}.0")
        specifier = None if admits(pin.meaning, target) else moved(pin, target)
        changes += edits(decoded.text, pin, specifier) if specifier is not None else []
    return decoded.encode(apply(decoded.text, changes))


def read_by_pip(path: Path, project: str) -> list[str]:
    """What pip's own parser reads, each line by itself; of the package everything but its specifier."""
    parser = RequirementsFileParser(SESSION, get_line_parser(None))
    found: list[str] = []
    # pip's parser of options complains on the terminal before it raises
    with redirect_stderr(io.StringIO()), suppress(SystemExit):
        found += _lines(parser, path, project)
    return found


def _lines(parser: RequirementsFileParser, path: Path, project: str) -> Iterator[str]:
    try:
        for line in parser._parse_file(str(path), constraint=False):
            text = line.requirement if line.is_requirement else ""
            with suppress(InvalidRequirement):
                requirement = Requirement(text)
                if canonicalize_name(requirement.name) == project:
                    requirement.specifier = type(requirement.specifier)()
                text = str(requirement)
            yield f"{line.constraint} {text} {sorted(vars(line.opts).items())}"
    except PipError as error:
        yield type(error).__name__


def read_as_toml(path: Path, project: str) -> list[str]:
    """What the standard library reads; of the package no value."""
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except ValueError as error:
        return [type(error).__name__]
    named = re.compile(project.replace("-", "[-_.]+"), re.IGNORECASE)
    return [
        f"{steps}" if named.search(f"{steps} {value}") else f"{steps} {value}"
        for steps, value in leaves(document)
    ]


def _differs_in_versions(old: str, new: str) -> bool:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return old == new or all(
        kind == "equal" or (_VERSION.fullmatch(old[start:end]) and _VERSION.fullmatch(new[begin:until]))
        for kind, start, end, begin, until in matcher.get_opcodes()
    )


def is_right(name: str, before: bytes, after: bytes, project: str) -> bool:
    """Whether only versions differ, and the file's own reader reads everything else the same."""
    old, new = (data.decode("latin-1").split("\n") for data in (before, after))
    if len(old) != len(new) or not all(map(_differs_in_versions, old, new)):
        return False
    read = read_by_pip if name == "requirements.txt" else read_as_toml
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(before)
        first = read(path, project)
        path.write_bytes(after)
        return read(path, project) == first


def rows() -> Iterator[Row]:
    """The figures on pins."""
    moving = sum(kind.before != kind.after for kind in KINDS)
    yield Row(
        "kinds of pins that are moved", str(moving), f"{len(KINDS)} listed in the tests",
        str(moving), f"≥ {KINDS_MOVED}", moving >= KINDS_MOVED,
    )  # fmt: skip
    missing = compat_corpora.obtain(PINNED)
    right = tried = 0
    used: set[str] = set()
    for identity, (path, content) in files().items():
        name = name_of(path)
        known = dict.fromkeys(canonicalize_name(one) for one in _NAME.findall(content.decode("latin-1")))
        changed = 0
        for project in known:
            if changed == PACKAGES or upgraded(name, content, project) == content:
                continue
            changed += 1
            used.add(identity)
            for form in FORMS.values():
                before = form(content)
                after = upgraded(name, before, project)
                tried += 1
                right += after != before and is_right(name, before, after, project)
    where = f"{len(used)} files" + (f"; not had: {', '.join(missing)}" if missing else "")
    yield Row(
        "real files, five forms: only versions differ", f"{right}", f"{tried} of {where}",
        f"{100 * right / max(tried, 1):.2f} %", "100 %", right == tried,
    )  # fmt: skip
    yield Row(
        "real files", f"{len(used)}", "of other tools", f"{len(used)}", f"≥ {FILES}", len(used) >= FILES
    )
