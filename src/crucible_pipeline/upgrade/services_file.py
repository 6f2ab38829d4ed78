"""The services that belong together, listed in a TOML file: `[[service]]` tables and `[defaults]`. Pure."""

import difflib
import hashlib
import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from crucible_pipeline.errors import InvalidInput, Mark, Problem, Refused

MAX_SERVICES = 10_000
FORGES = ("github", "gitlab", "gitea", "none")
_SHARED = ("branch", "forge", "forge_url", "labels", "test_command")
_OWN = ("name", "url", "path", "folder", *_SHARED)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[^/@\s]+@[^/:\s]+:", re.IGNORECASE)
_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")
_NAME = re.compile(r"[\w][\w.@ -]{0,99}")
_BRANCH = re.compile(r"[\w][\w./@+-]{0,199}")
_API = re.compile(r"https?://[^@\s]+")
_SYNTAX = re.compile(r"(?P<what>.*?)\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A service and where it is.

    Args:
        name: no other service of the list has it.
        url: of its repository; empty where it is in a folder of this machine.
        path: of its work tree; None where it has a URL.
        folder: of the service in the repository; empty for the root.
        branch: that is upgraded; empty for the repository's default, or the one checked out.
        forge: one of `FORGES`; empty where its address tells.
        forge_url: root of the forge's REST API; the usual one if empty.
        labels: words by which services are chosen.
        test_command: program and arguments that test it; empty for none.
    """

    name: str
    url: str = ""
    path: Path | None = None
    folder: str = ""
    branch: str = ""
    forge: str = ""
    forge_url: str = ""
    labels: tuple[str, ...] = ()
    test_command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a list that many runs share.

    Args:
        number: from 1 to `of`.
        of: how many parts there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read `2/5`.

        Raises:
            Refused: it is no part of a whole.
        """
        number, _, of = text.partition("/")
        if not (number.isascii() and number.isdigit() and of.isascii() and of.isdigit() and len(of) < 5):
            raise Refused(f"{text!r} is no shard", "write --shard 2/5 for the second of five")
        if not 1 <= int(number) <= int(of):
            raise Refused(f"there is no shard {text}", f"shards go from 1/{of} to {of}/{of}")
        return cls(int(number), int(of))

    def holds(self, name: str) -> bool:
        """Whether a service belongs here; told by its name alone, so a new service moves no other."""
        value = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8], "big")
        return value % self.of == self.number - 1


def is_url(target: str) -> bool:
    """Whether a target has the form of a repository's address (git-clone(1), "GIT URLS")."""
    return _URL.match(target) is not None


def has_password(url: str) -> bool:
    """Whether an address holds a password, which would show in process lists and messages."""
    return _PASSWORD.search(url) is not None


def name_of(address: str) -> str:
    """The name of a repository by its address or path."""
    return re.split(r"[/:\\]", address.rstrip("/\\"))[-1].removesuffix(".git") or "service"


def read_services(text: str, file: Path) -> tuple[Listed, ...]:
    """Read the list.

    Args:
        text: of the file.
        file: its path as the user gave it; paths in it are meant from its folder.

    Raises:
        InvalidInput: it is no such list; every problem is named with its line.
    """
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise InvalidInput([_syntax(str(error), file, len(text.splitlines()))]) from None
    except RecursionError:
        raise InvalidInput([Problem(Mark(str(file)), "it is nested too deeply", "flatten it")]) from None
    reader = _Reader(text, file)
    found = reader.services(document)
    if reader.problems:
        raise InvalidInput(reader.problems)
    return found


def _syntax(said: str, file: Path, last: int) -> Problem:
    match = _SYNTAX.fullmatch(said)
    line, column = (match["line"] or last, match["column"] or 1) if match else (1, 1)
    what = match["what"] if match else said
    return Problem(
        Mark(str(file), int(line), int(column)), f"it is no TOML: {what}", "correct it (https://toml.io)"
    )


class _Reader:
    """Reads tables and collects what is wrong in them."""

    def __init__(self, text: str, file: Path) -> None:
        self._lines = text.splitlines()
        self._file = file
        self.problems: list[Problem] = []

    def services(self, document: Mapping[str, object]) -> tuple[Listed, ...]:
        self._unknown(document, ("service", "defaults"), "", 0)
        given = document.get("defaults", {})
        if not isinstance(given, dict):
            self._wrong("defaults", 0, "defaults is no table", "write [defaults] and its settings below it")
            given = {}
        defaults = cast("Mapping[str, object]", given)
        self._unknown(defaults, _SHARED, "defaults", 0)
        tables = document.get("service")
        if not isinstance(tables, list) or not tables:
            self._wrong("service", 0, "it lists no service", "add [[service]] with url or path")
            return ()
        rows = cast("list[object]", tables)
        if len(rows) > MAX_SERVICES:
            self._wrong("service", 0, f"it lists more than {MAX_SERVICES} services", "split the file")
            return ()
        shared = {key: value for key, value in defaults.items() if key in _SHARED}
        # what is wrong with the defaults is told once, at their place
        inherited = shared if self._listed(0, "defaults", {"path": ".", **shared}) is not None else {}
        found: dict[str, int] = {}
        services: list[Listed] = []
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                self._wrong("service", number, "a service is no table", "write [[service]]")
                continue
            table = cast("dict[str, object]", row)
            self._unknown(table, _OWN, "service", number)
            service = self._listed(number, "service", {**inherited, **table})
            if service is not None:
                services.append(service)
                self._once(service.name, number, found)
        return tuple(services)

    def _once(self, name: str, number: int, found: dict[str, int]) -> None:
        first = found.setdefault(name.casefold(), number)
        if first != number:
            line = self._line("service", first, "name")
            what = f"the service {name} is listed already in line {line}"
            self._wrong("service", number, what, "give one of them another name", "name")

    def _listed(self, number: int, table: str, row: Mapping[str, object]) -> Listed | None:
        before = len(self.problems)

        def text(key: str, fits: re.Pattern[str] | None, what: str) -> str:
            value = row.get(key, "")
            if isinstance(value, str) and (not value or fits is None or fits.fullmatch(value)):
                return value
            self._wrong(table, number, f"{key} {value!r} is {what}", f"correct {key}", key)
            return ""

        url, path = text("url", None, "no text"), text("path", None, "no text")
        if bool(url) == bool(path):
            what = "a service needs one of url and path"
            self._wrong(table, number, what, "give the address of its repository, or its folder")
        if url and (not is_url(url) or url.startswith("-")):
            self._wrong(table, number, f"url {url!r} is no address of a repository", "write https://…", "url")
        if has_password(url):
            self._wrong(table, number, "url holds a password", "leave it to git's credential helper", "url")
            url = ""
        folder = text("folder", None, "no text").strip("/")
        if ".." in PurePosixPath(folder).parts or "\0" in folder + path + url:
            self._wrong(table, number, f"folder {folder!r} leads out", "name one in the repository", "folder")
        branch = text("branch", _BRANCH, "no name of a branch")
        forge = text("forge", re.compile("|".join(FORGES)), f"none of {', '.join(FORGES)}")
        forge_url = text("forge_url", _API, "no https address")
        shown = name_of("/".join(filter(None, (url or path, folder))))
        name = text("name", _NAME, "no name: letters, digits, space, '.', '_', '@' and '-'") or shown
        labels = self._texts(row, "labels", table, number)
        command = self._command(row, table, number)
        if len(self.problems) > before:
            return None
        return Listed(
            name=name,
            url=url,
            path=self._file.parent / path if path else None,
            folder="" if folder == "." else folder,
            branch=branch,
            forge=forge,
            forge_url=forge_url,
            labels=labels,
            test_command=command,
        )

    def _texts(self, row: Mapping[str, object], key: str, table: str, number: int) -> tuple[str, ...]:
        value = row.get(key, [])
        items = cast("list[object]", value) if isinstance(value, list) else [None]
        texts = tuple(item for item in items if isinstance(item, str) and item)
        if len(texts) != len(items):
            self._wrong(table, number, f"{key} is no list of texts", f'write {key} = ["…"]', key)
        return texts

    def _command(self, row: Mapping[str, object], table: str, number: int) -> tuple[str, ...]:
        value = row.get("test_command", [])
        if not isinstance(value, str):
            return self._texts(row, "test_command", table, number)
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            self._wrong(table, number, f"test_command: {error}", "close the quotes", "test_command")
            return ()

    def _unknown(self, row: Mapping[str, object], known: Sequence[str], table: str, number: int) -> None:
        for key in row:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                todo = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                where = f" in {table}" if table else ""
                self._wrong(table or key, number, f"there is no setting {key!r}{where}", todo, key)

    def _wrong(self, table: str, number: int, what: str, todo: str, key: str = "") -> None:
        self.problems.append(Problem(Mark(str(self._file), self._line(table, number, key)), what, todo))

    def _line(self, table: str, number: int, key: str) -> int:
        """The line of a key in the nth table of a name, or of its header; 1 where neither is found."""
        header = re.compile(rf"\s*\[\[?\s*[\"']?{re.escape(table)}[\"']?\s*\]")
        starts = [index for index, line in enumerate(self._lines) if header.match(line)]
        begin = starts[number] if number < len(starts) else 0
        if key:
            wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
            for index in range(begin + bool(starts), len(self._lines)):
                if self._lines[index].lstrip().startswith("["):
                    break
                if wanted.match(self._lines[index]):
                    return index + 1
        return begin + 1
