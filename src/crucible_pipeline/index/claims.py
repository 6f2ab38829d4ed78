"""Who a file name belongs to: the content that was first published under it, for ever."""

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.names import Filename, parse_filename
from crucible_pipeline.index.simple import Project


class Taken(Refused):
    """Another content is published under the name, and stays."""


def is_published(project: Project, place: Filename, sha256: str) -> bool:
    """Whether exactly this file is.

    Args:
        project: as it is now.
        place: what the file's name says.
        sha256: of its content.

    Raises:
        Taken: another one has its place.
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
