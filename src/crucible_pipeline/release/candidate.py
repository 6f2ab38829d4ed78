"""Which version may follow what is released, and what it has to be compared with. Pure."""

from collections.abc import Iterable

from packaging.version import Version

from crucible_pipeline.release.plan import NotReady, Objection
from crucible_pipeline.version import Bump, bumped, is_release_tag, line_of, to_tag

FIRST = Version("0.1.0")


def rivals(released: Iterable[Version], version: Version | None = None) -> list[Version]:
    """The releases that a version must talk to, oldest first: those of the line it follows.

    The line is that of the greatest final release before it; a pre-release promises nothing, so it
    counts for none. Empty for a first release.

    Args:
        released: what is out.
        version: the candidate; None for one that follows everything.
    """
    before = sorted(
        other for other in released if not other.is_prerelease and (version is None or other < version)
    )
    return [other for other in before if line_of(other) == line_of(before[-1])]


def next_after(released: Iterable[Version], judged: Version | None) -> Version:
    """The version that `auto` takes.

    Args:
        released: what is out.
        judged: the smallest version that the verdict allows; None where there was nothing to compare with.
    """
    out = sorted(released)
    finals = [version for version in out if not version.is_prerelease]
    if not finals:
        return Version(out[-1].base_version) if out else FIRST
    if judged is None or judged <= finals[-1]:
        # Nothing of the contract changed: other words, or another dependency, are a patch.
        return bumped(finals[-1], Bump.PATCH)
    return judged


def tag_for(version: Version) -> str:
    """The tag of a version as it is to be written.

    Raises:
        NotReady: it has not exactly three numbers, or a local or epoch part.
    """
    tag = to_tag(version)
    if len(version.release) == 3 and is_release_tag(tag):
        return tag
    raise NotReady(
        [Objection("version", f"{version} is no version of a release", "write three numbers: 0.3.0")]
    )
