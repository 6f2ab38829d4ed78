"""Makes a new repository of contracts: writes its files, generates its code, commits both."""

from collections.abc import Mapping
from pathlib import Path

from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.generate.generate import generate
from crucible_pipeline.generate.write import write
from crucible_pipeline.git import Repository

BRANCH = "main"
_FIRST = "Contracts, and the code that they generate"


def begin(folder: Path, files: Mapping[str, str]) -> Repository:
    """Make a repository with one commit.

    Args:
        folder: that takes it; it does not exist, or is empty.
        files: path below it → text, without what is generated.

    Raises:
        Refused: the folder holds something.
        CannotDo: it cannot be written, or git knows nobody to commit as; nothing is left behind then.
    """
    try:
        if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
            raise Refused(f"{folder} is there and not empty", "give another one with --dir")
        folder.mkdir(parents=True, exist_ok=True)
        repository = Repository(folder)
        _known(repository)
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CannotDo(f"{folder} cannot be written: {error.strerror}") from None
    project = find_project(folder / "contracts")
    targets = {"python": project.python, "typescript": project.typescript}
    write(
        generate(load_project(project)), {name: place for name, place in targets.items() if place is not None}
    )
    repository.run("init", "--quiet", "--initial-branch", BRANCH)
    repository.commit(_FIRST, ["."])
    return repository


def _known(repository: Repository) -> None:
    """Raise CannotDo where git does not know who commits: after the files are there it would be too late."""
    try:
        repository.run("var", "GIT_AUTHOR_IDENT")
        repository.run("var", "GIT_COMMITTER_IDENT")
    except CannotDo:
        repository.root.rmdir()
        raise CannotDo(
            "git does not know who you are",
            "tell it: git config --global user.name NAME, and user.email ADDRESS",
        ) from None
