"""The Dockerfile of a service without the copy. Pure."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from crucible_pipeline.migrate.change import Edit, Found, Left, line_of, newline_of
from crucible_pipeline.migrate.dockerfile import (
    Instruction,
    copies,
    read,
    start_of,
    without,
    without_word,
)
from crucible_pipeline.migrate.tree import Tree
from crucible_pipeline.upgrade.lines import find_includes

_INSTALL = re.compile(r"\bpip3?[ \t]+install\b|\buv[ \t]+pip[ \t]+(?:install|sync)\b|\bpip-sync\b")
_MOUNT = "--mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=true"
_PATH = "PYTHONPATH"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a service needs of the copy and of the search path.

    Args:
        copied: why the copy stays in the image; empty if no Python file needs it.
        imports: the first names of all its imports.
        requirements: path → text of its requirements files.
        requirement: what is installed instead; empty where nothing of the service moved.
    """

    copied: str
    imports: frozenset[str]
    requirements: Mapping[str, str]
    requirement: str


@dataclass(frozen=True)
class Image:
    """A Dockerfile in its repository.

    Args:
        path: of the file.
        text: of it.
        tree: around it.
        shared: the copy's name.
    """

    path: str
    text: str
    tree: Tree
    shared: str

    @cached_property
    def instructions(self) -> list[Instruction]:
        """Of the file, in its order."""
        return read(self.text)

    def copied(self) -> Iterator[list[str]]:
        """What each COPY and ADD takes, as paths of the repository."""
        for _, sources, _ in copies(self.instructions):
            yield [self.repository_path(one) for one in sources]

    def repository_path(self, source: str) -> str:
        """What a source of COPY is in the repository: the context is its top or the file's folder."""
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), source))
        from_top = posixpath.normpath(source.lstrip("/") or ".")
        return beside if self.tree.holds(beside) and not self.tree.holds(from_top) else from_top

    def holds(self, path: str) -> bool:
        """Whether the image has a file, as far as its COPY instructions tell."""
        for _, sources, place in copies(self.instructions):
            for source in map(self.repository_path, sources):
                inside = posixpath.relpath(path, place)
                is_file = source in self.tree.paths
                if is_file and path in {place, posixpath.join(place, posixpath.basename(source))}:
                    return True
                if not is_file and not inside.startswith("..") and self.tree.holds(_join(source, inside)):
                    return True
        return False

    def importable(self, folder: str) -> set[str]:
        """The names that Python finds in a folder of the image, the copy's own left out."""
        found: set[str] = set()
        for _, sources, place in copies(self.instructions):
            for source in map(self.repository_path, sources):
                inside, below = posixpath.relpath(folder, place), posixpath.relpath(place, folder)
                if source in self.tree.paths:
                    name = source if place == folder else place
                    found |= (
                        {posixpath.basename(name).removesuffix(".py")} if source.endswith(".py") else set()
                    )
                elif not inside.startswith(".."):
                    found |= self.tree.importable(_join(source, inside))
                elif not below.startswith("..") and self.tree.importable(source):
                    found.add(below.split("/")[0])
        return found - {self.shared}


def _join(folder: str, inside: str) -> str:
    return posixpath.normpath(posixpath.join(folder, inside))


def migrate_image(image: Image, needs: Needs) -> Found:
    """Take the copy out of a Dockerfile, and let it install the package."""
    result, is_concerned = Found(), bool(needs.requirement)
    for instruction, sources, place in copies(image.instructions):
        names = [image.repository_path(one) for one in sources]
        if any(f"/{image.shared}/" in f"/{name}/" for name in names):
            result, is_concerned = result + _copy(image, instruction, (names, place), needs), True
    if not is_concerned:
        return Found()
    result += _search_path(image, needs)
    if needs.requirement:
        result += _installs(image)
    return result + Found(left=tuple(_dangling(image, needs)))


def _copy(image: Image, one: Instruction, places: tuple[list[str], str], needs: Needs) -> Found:
    names, place = places
    if needs.copied:
        return Found(left=(Left(one.line, "the copy stays in the image", needs.copied),))
    wanted = _wanted(image, needs)
    if names == [wanted]:
        return Found()
    if [wanted] in image.copied():
        wanted = ""
    if wanted and any(_is_above(name, wanted) for name in names):
        return _narrowed(image, one, wanted, place)
    why = f"the image holds no copy of {image.shared} any more"
    inside = [name for name in names if f"/{image.shared}/" in f"/{name}/"]
    if len(inside) == len(names):
        return Found((without(image.text, one, why, image.shared),))
    indexes = [index for index, word in enumerate(one.words) if image.shared in word.characters.split("/")]
    edit = without_word(image.text, one, indexes[0], why) if len(inside) == len(indexes) == 1 else None
    if edit is None or one.rest.characters.startswith("["):
        return Found(left=(Left(one.line, f"{image.shared} is copied with others", "take it out by hand"),))
    return Found((edit,))


def _wanted(image: Image, needs: Needs) -> str:
    """The folder of the copy that requirements files include; empty if they include none."""
    for path, text in needs.requirements.items():
        for include in find_includes(text):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), include.target))
            if image.shared in target.split("/")[:-1]:
                return posixpath.dirname(target)
    return ""


def _is_above(name: str, wanted: str) -> bool:
    return wanted == name or wanted.startswith(f"{name}/")


def _narrowed(image: Image, one: Instruction, wanted: str, place: str) -> Found:
    """Copy only the folder that requirements files include."""
    words = [word for word in one.words if not word.characters.startswith("--")]
    todo = f"copy {wanted} alone, which a requirements file includes"
    if len(words) != 2 or posixpath.basename(place) != image.shared:
        return Found(left=(Left(one.line, "more than requirements is copied", todo),))
    rest = wanted.split(f"{image.shared}/", 1)[-1]
    if wanted == image.shared or not rest:
        return Found(
            left=(Left(one.line, "the copy stays in the image", "requirements files in it are used"),)
        )
    why = f"of {image.shared} only {rest} is needed"
    edits = [
        Edit(word.offsets[0], word.offsets[-1] + 1, f"{word.characters.rstrip('/')}/{rest}/", why)
        for word in words
    ]
    return Found(tuple(edits))


def _search_path(image: Image, needs: Needs) -> Found:
    result = Found()
    for one in image.instructions:
        if one.word != "ENV":
            continue
        for index, word in enumerate(one.words):
            name, equals, value = word.characters.partition("=")
            if name != _PATH:
                continue
            said = value if equals else " ".join(other.characters for other in one.words[index + 1 :])
            why = _why_needed(image, said.strip("\"'"), needs)
            line = line_of(image.text, word.offsets[0])
            if why:
                result += Found(left=(Left(line, f"{_PATH} stays", why),))
                continue
            gone = "nothing needs PYTHONPATH any more"
            edit = (
                without(image.text, one, gone, _PATH)
                if not equals or len(one.words) == 1
                else without_word(image.text, one, index, gone)
            )
            by_hand = Left(line, f"{_PATH} stands beside a comment", "remove it by hand")
            result += Found((edit,)) if edit is not None else Found(left=(by_hand,))
    return result


def _why_needed(image: Image, value: str, needs: Needs) -> str:
    """What a person has to know about a PYTHONPATH; empty where it can go."""
    if needs.copied:
        return needs.copied
    first = start_of(image.instructions).folders
    if not first:
        return "it is not seen here how Python is started; remove it where nothing else needs it"
    known = set[str]().union(*(image.importable(folder) for folder in first))
    for part in filter(None, value.split(":")):
        folder = posixpath.normpath(part)
        if part.startswith("$") or folder in first or posixpath.basename(folder) == image.shared:
            continue
        names = sorted(needs.imports & (image.importable(folder) - known))
        if names:
            return f"{', '.join(names)} is found through it; install the service itself, or keep it"
    return ""


def _installs(image: Image) -> Found:
    """Give each installation the index and its token for this one command (RUN --mount=type=secret)."""
    edits: list[Edit] = []
    left: list[Left] = []
    is_root = True
    for one in image.instructions:
        if one.word == "FROM":
            is_root = True
        elif one.word == "USER":
            is_root = one.plain[:1] in (["root"], ["0"], ["0:0"])
        elif (
            one.word == "RUN"
            and _INSTALL.search(one.rest.characters)
            and "type=secret" not in one.rest.characters
        ):
            if one.rest.characters.startswith("["):
                left.append(Left(one.line, "a list of words installs", f"mount the index with {_MOUNT}"))
                continue
            mount = _MOUNT if is_root else f"{_MOUNT},mode=0444"
            start = one.rest.offsets[0]
            newline = newline_of(image.text)
            edits.append(
                Edit(start, start, f"{mount} \\{newline}    ", "the private index is mounted as a secret")
            )
            left.append(
                Left(
                    one.line,
                    "the build needs the private index",
                    "build with --secret id=pip_conf,src=$HOME/.config/pip/pip.conf",
                )
            )
    return Found(tuple(edits), tuple(left))


def _dangling(image: Image, needs: Needs) -> Iterator[Left]:
    """Files that requirements name and the image lacks."""
    for one, sources, place in copies(image.instructions):
        for source in map(image.repository_path, sources):
            text = needs.requirements.get(source)
            if text is None:
                continue
            is_named = posixpath.basename(place) == posixpath.basename(source)
            folder = posixpath.dirname(place) if is_named else place
            for include in find_includes(text):
                target = posixpath.normpath(posixpath.join(folder, include.target))
                if "://" not in include.target and not image.holds(target):
                    what = f"{source}:{include.line} includes {include.target}, which the image has not"
                    yield Left(one.line, what, f"copy it to {target}")
