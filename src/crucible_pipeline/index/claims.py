"""Whose a file name is: the first content under it, for ever. And how long a release takes more files."""

from datetime import UTC, datetime, timedelta

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.names import Filename, parse_filename
from crucible_pipeline.index.simple import Project


class Taken(Refused):
    """Another content is published under the name, and stays."""


class Sealed(Taken):
    """The release takes no other files any more."""


def is_published(project: Project, place: Filename, sha256: str) -> bool:
    """Whether exactly this file is.

    Args:
        project: as it is now.
        place: what the file's name says.
        sha256: of its content.

    Raises:
        Taken: another one has its place, or had it once.
    """
    for file in project.files:
        if not file.filename.same_place(place):
            continue
        if file.name == place.text and file.sha256 == sha256:
            return True
        if file.name == place.text:
            raise Taken(
                f"{file.name} is published with other content and a published file never changes",
                "raise the version",
            )
        raise Taken(f"{place.text} is published already, spelled {file.name}", "raise the version")
    for name, held in project.withdrawn:
        if parse_filename(name).same_place(place) and (name, held) != (place.text, sha256):
            raise Taken(f"{name} was published once with other content", "raise the version")
    return False


def check_open(project: Project, place: Filename, sha256: str, now: datetime, seal: timedelta | None) -> None:
    """Let a new file into its release only while the release is young.

    What was published once comes back at any time, where a damaged storage lost it. The time is never taken
    to be before the project's newest change, so a clock that was set back opens nothing.

    Args:
        project: as it is now.
        place: what the file's name says.
        sha256: of its content.
        now: by this server's clock.
        seal: how long a release takes files after its first; None for ever.

    Raises:
        Sealed: it takes no more.
    """
    if (place.text, sha256) in project.withdrawn:
        return
    version = place.version
    files = project.of(version)
    if not files and any(parse_filename(name).version == version for name, _ in project.withdrawn):
        raise Sealed(f"{project.name} {version} was published once and is withdrawn", "raise the version")
    if not files or seal is None:
        return
    first = min(datetime.fromisoformat(file.uploaded) for file in files)
    latest = max(now, datetime.fromtimestamp(project.serial / 1000, UTC))
    if latest - first > seal:
        raise Sealed(
            f"{project.name} {version} takes no more files: its first came on {first:%Y-%m-%d}, and it "
            f"was sealed {seal.days} days later",
            "raise the version",
        )
