"""Touches the world: contracts of the past, from git, folders and wheels.

The past is read from `contract.json` where there is one; YAML of the past is read by today's loader only
where a commit or a folder holds no snapshot.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.project import Project
from crucible_pipeline.contracts.read import ENDINGS, read_file, read_folder
from crucible_pipeline.contracts.snapshot import restore
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository
from crucible_pipeline.version import from_tag, is_release_tag

SNAPSHOT = "contract.json"
MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Base:
    """A contract to compare with.

    Args:
        name: its version, or how the user named it.
        contract: what it says.
        version: None if it has none.
    """

    name: str
    contract: Contract
    version: Version | None = None


def contract_at(ref: str, project: Project, repository: Repository) -> Contract:
    """The contract of a commit: its snapshot, or else its YAML.

    Args:
        ref: a tag, branch or commit of the repository.
        project: tells where in the repository the generated package and the contracts are.
        repository: that holds the project.

    Raises:
        CannotDo: there is no such commit, or no contract in it that can be read.
    """
    commit = repository.commit_of(ref)
    if commit is None:
        raise CannotDo(f"{ref} names no commit of {repository.root}", "give a tag, a branch or a commit")
    alone = project.contracts.is_file()
    if project.python is not None and not alone:
        path = f"{_within(project.python, repository)}/{SNAPSHOT}"
        content = repository.files_at(commit, path).get(path)
        if content is not None:
            return _restored(content, f"{ref}:{path}")
    below = _within(project.contracts, repository)
    home = posixpath.dirname(below) if alone else below
    texts = {
        path.removeprefix(f"{home}/"): content.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        for path, content in repository.files_at(commit, "" if below == "." else below).items()
        if path.endswith(ENDINGS) and not any(part.startswith(".") for part in path.split("/"))
    }
    if not texts:
        raise CannotDo(f"{ref} holds neither {SNAPSHOT} nor contracts", "give a commit that holds contracts")
    return _loaded(lambda: texts, project, f"{ref}:{below}")


def contract_in_folder(folder: Path, project: Project) -> Contract:
    """The contract of a folder of contracts; plain JSON Schema files are contracts too.

    Args:
        folder: in a repository or not.
        project: gives the package's names, so that the name of a folder is no change.

    Raises:
        CannotDo: it cannot be read.
    """
    return _loaded(lambda: read_folder(folder), project, folder.as_posix())


def contract_in_file(path: Path, project: Project) -> Contract:
    """The contract of a single file.

    Args:
        path: of YAML or JSON.
        project: as in `contract_in_folder`. Where it is a single file too, both are one in two versions, and
            its name names the root type.

    Raises:
        CannotDo: it cannot be read.
    """
    stem = project.contracts.stem if project.contracts.is_file() else path.stem
    return _loaded(lambda: read_file(path, stem + path.suffix), project, path.as_posix())


def contract_in_wheel(filename: str, content: bytes) -> Base:
    """The contract in a wheel; nothing is written to disk.

    Args:
        filename: of the wheel (PEP 427).
        content: its bytes.

    Raises:
        CannotDo: it is no wheel, or holds no contract that can be read.
    """
    try:
        _, version, _, _ = parse_wheel_filename(filename)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [
                info
                for info in archive.infolist()
                if info.filename.endswith(f"/{SNAPSHOT}") and info.filename.count("/") == 1
            ]
            if len(found) != 1:
                raise CannotDo(f"{filename} holds no {SNAPSHOT}", "give a wheel of a package of contracts")
            with archive.open(found[0]) as member:
                text = member.read(MAX_BYTES + 1)
    except (InvalidWheelFilename, zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError) as error:
        raise CannotDo(f"{filename} cannot be read as a wheel: {error}", "give another file") from None
    if len(text) > MAX_BYTES:
        raise CannotDo(f"the {SNAPSHOT} of {filename} is larger than {MAX_BYTES >> 20} MiB")
    return Base(str(version), _restored(text, f"{filename}/{SNAPSHOT}"), version)


def named_base(name: str, project: Project, repository: Repository | None) -> Base | None:
    """The contract that a user names.

    Args:
        name: as given to `--against`: a folder, a file of contracts, a snapshot, a wheel, a version whose tag
            is there, or another git ref.
        project: what is judged.
        repository: that holds it; None if none does.

    Returns:
        None if it is none of these.

    Raises:
        CannotDo: it is one, but cannot be read.
    """
    path = Path(name)
    if path.is_dir():
        return Base(name, contract_in_folder(path, project))
    if path.is_file():
        return _base_in_file(path, name, project)
    if repository is None:
        return None
    for ref in (f"v{name}", name):
        if is_release_tag(ref) and repository.commit_of(f"refs/tags/{ref}") is not None:
            version = from_tag(ref)
            return Base(str(version), contract_at(f"refs/tags/{ref}", project, repository), version)
    if repository.commit_of(name) is None:
        return None
    released = repository.release_tags(at=repository.commit_of(name))
    finals = [from_tag(tag) for tag in released if not from_tag(tag).is_prerelease]
    return Base(name, contract_at(name, project, repository), finals[-1] if finals else None)


def _base_in_file(path: Path, name: str, project: Project) -> Base:
    if path.name != SNAPSHOT and path.name.endswith(ENDINGS):
        return Base(name, contract_in_file(path, project))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotDo(f"cannot read {path}: {error.strerror}", "look at its permissions") from None
    if path.name == SNAPSHOT:
        return Base(name, _restored(content, path.as_posix()))
    return contract_in_wheel(path.name, content)


def _within(folder: Path, repository: Repository) -> str:
    whole, root = folder.resolve(), repository.root.resolve()
    if not whole.is_relative_to(root):
        raise CannotDo(f"{folder} lies outside of {repository.root}", "give a base that is no git ref")
    return whole.relative_to(root).as_posix()


def _restored(content: bytes, origin: str) -> Contract:
    try:
        return restore(content.decode(), origin)
    except UnicodeDecodeError:
        raise CannotDo(f"{origin} is no UTF-8") from None
    except Refused as error:
        raise CannotDo(error.what, "compare with another base") from None


def _loaded(read: Callable[[], Mapping[str, str]], project: Project, where: str) -> Contract:
    try:
        return load(read(), project.package, where, compared=True)
    except Refused as error:
        raise CannotDo(f"the base {where} has problems:\n{error}", "compare with another base") from None
