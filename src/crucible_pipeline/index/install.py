"""The lines that install a release from this index, for each installer. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from crucible_pipeline.index.releases import Release

# Of the hashes in a requirements file; a release with more files is not pinned by hand.
MAX_HASHES = 40


@dataclass(frozen=True, slots=True)
class Way:
    """What somebody copies.

    Args:
        title: of the installer or file.
        text: one or more whole lines.
    """

    title: str
    text: str


def ways(simple_url: str, name: str, release: Release) -> Sequence[Way]:
    """Each installer's lines.

    Args:
        simple_url: of this index, as the reader knows it.
        name: of the project, normalized.
        release: which.
    """
    pinned = f"{name}=={release.version}"
    hashes = [f"    --hash=sha256:{file.sha256}" for file in release.files[:MAX_HASHES]]
    return (
        Way("pip", f"pip install --index-url {simple_url} {pinned}"),
        Way("uv", f"uv add --default-index {simple_url} {pinned}"),
        Way(
            "Poetry",
            f"poetry source add --priority=primary packages {simple_url}\n"
            f"poetry add --source packages {pinned}",
        ),
        Way("requirements.txt", " \\\n".join([f"--index-url {simple_url}\n{pinned}", *hashes])),
    )
