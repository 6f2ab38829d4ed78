"""What stands against a release or a publication: facts in, objections out. Pure.

Each check is one small function with the name that the user sees; all of them run, so that one attempt
tells everything there is to mend.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.release.changelog import says_something
from crucible_pipeline.release.series import Series
from crucible_pipeline.version import Bump, is_enough, line_of

_FETCH = "fetch it whole: git fetch --unshallow --tags --force origin"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason why not.

    Args:
        check: name of the check.
        what: what is wrong, without a full stop.
        todo: what to do, in the imperative.
    """

    check: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.check}: {self.what}; {self.todo}"


class NotReady(Refused):
    """Objections stand; nothing was done.

    Args:
        objections: at least one.
    """

    def __init__(self, objections: Iterable[Objection]) -> None:
        self.objections = tuple(objections)
        super().__init__("\n".join(str(objection) for objection in self.objections))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a decision needs to know of a repository.

    Args:
        tag: the tag to make or to publish; empty where HEAD carries none.
        branch: the branch checked out; empty on a detached HEAD.
        release_branch: the branch that releases come from; empty where none is known.
        on_release_branch: whether the commit lies in that branch's history.
        changes: files that differ from the commit.
        shallow: whether history is missing.
        tags: the release tags there are.
        exists: whether the tag is there.
        annotated: whether the tag is an object of its own.
        stale: generated files that differ from what the contracts give.
        entry: the changelog's words: of Unreleased before a release, of the version afterwards.
        base: the release that the contract was compared with.
        required: which number has to rise after `base`.
        next_version: the smallest version that is enough.
        pretending: names of set variables that would overrule the tag.
        series: the tags of the package.
        ahead: how many seconds the commit is younger than this machine's clock says it can be.
    """

    tag: str
    branch: str = ""
    release_branch: str = ""
    on_release_branch: bool = True
    changes: tuple[str, ...] = ()
    shallow: bool = False
    tags: tuple[str, ...] = ()
    exists: bool = True
    annotated: bool = True
    stale: tuple[str, ...] = ()
    entry: str | None = None
    base: Version | None = None
    required: Bump = Bump.NONE
    next_version: Version | None = None
    pretending: tuple[str, ...] = ()
    series: Series = field(default_factory=Series)
    ahead: int = 0


Check = Callable[[Facts], Objection | None]


def named(files: Iterable[str]) -> str:
    """A few names and how many more there are."""
    listed = list(files)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more


def _clean(facts: Facts) -> Objection | None:
    if not facts.changes:
        return None
    return Objection("work tree", f"changed: {named(facts.changes)}", "commit or remove it")


def _whole(facts: Facts) -> Objection | None:
    if not facts.shallow:
        return None
    return Objection("history", "this clone is shallow, so tags and releases may be missing", _FETCH)


def _checked_out(facts: Facts) -> Objection | None:
    if not facts.release_branch:
        return Objection(
            "branch", "neither origin's default branch nor main or master is known", "name it with --branch"
        )
    if facts.branch == facts.release_branch:
        return None
    here = f"the branch is {facts.branch}" if facts.branch else "HEAD is on no branch"
    return Objection(
        "branch",
        f"{here}, releases come from {facts.release_branch}",
        f"git switch {facts.release_branch}, or name the branch with --branch",
    )


def _merged(facts: Facts) -> Objection | None:
    if facts.on_release_branch:
        return None
    branch = facts.release_branch or "the default branch"
    return Objection(
        "branch", f"{facts.tag or 'HEAD'} is not in the history of {branch}", "merge it, then tag the result"
    )


def _named_version(facts: Facts) -> Objection | None:
    if not facts.tag:
        return Objection(
            "tag",
            "HEAD carries no release tag",
            "make one with crucible release, name one with --tag, or fetch it: git fetch --tags origin",
        )
    if not facts.exists:
        return Objection("tag", f"there is no tag {facts.tag}", "fetch it: git fetch --tags origin")
    if facts.series.names(facts.tag) and len(facts.series.version(facts.tag).release) == 3:
        return None
    prefix = facts.series.prefix
    return Objection(
        "tag",
        f"{facts.tag!r} names no version",
        f"tag releases as {prefix} and three numbers, such as {prefix}0.3.0",
    )


def _free(facts: Facts) -> Objection | None:
    read = facts.series.version
    version = read(facts.tag)
    same = [tag for tag in facts.tags if read(tag) == version]
    if same:
        return Objection("tag", f"{same[0]} exists", "a version is released once; take the next one, or auto")
    later = [tag for tag in facts.tags if line_of(read(tag)) == line_of(version) and read(tag) > version]
    if later:
        return Objection(
            "tag", f"{later[-1]} of the same line is out already", "take a greater version, or auto"
        )
    return None


def _annotated(facts: Facts) -> Objection | None:
    if facts.annotated or not facts.tag or not facts.exists:
        return None
    return Objection(
        "tag",
        f"{facts.tag} is a mere name, without author and date",
        "fetch the tag itself: git fetch --tags --force origin; make releases with crucible release",
    )


def _fresh(facts: Facts) -> Objection | None:
    if not facts.stale:
        return None
    return Objection(
        "generated code",
        f"not as the contracts say: {named(facts.stale)}",
        "run crucible generate and commit",
    )


def _told(facts: Facts) -> Objection | None:
    if facts.entry is not None and says_something(facts.entry):
        return None
    return Objection(
        "changelog",
        "the Unreleased section is missing or says nothing",
        "write under `## [Unreleased]` of CHANGELOG.md what the release means for its users",
    )


def _recorded(facts: Facts) -> Objection | None:
    if facts.entry is not None or not facts.series.names(facts.tag):
        return None
    version = facts.series.version(facts.tag)
    return Objection(
        "changelog",
        f"CHANGELOG.md has no entry for {version}",
        "make releases with crucible release, which rolls the changelog",
    )


def _enough(facts: Facts) -> Objection | None:
    if facts.base is None or not facts.series.names(facts.tag):
        return None
    version = facts.series.version(facts.tag)
    if is_enough(version, facts.base, facts.required):
        return None
    return Objection(
        "version",
        f"{version} is too small: what changed since {facts.base} asks for a {facts.required} release",
        f"take {facts.next_version} or more; crucible check names the changes of the contract",
    )


def _dated(facts: Facts) -> Objection | None:
    # An hour is what two machines in order may differ by, and more than enough.
    if facts.ahead <= 3600:
        return None
    return Objection(
        "clock",
        f"the commit is from {facts.ahead // 3600} hours after now",
        "set the clock of this machine, or make the commit anew where the clock was wrong",
    )


def _true(facts: Facts) -> Objection | None:
    if not facts.pretending:
        return None
    return Objection(
        "environment", f"{named(facts.pretending)} would overrule the tag", "unset it; the tag is the version"
    )


RELEASE: tuple[Check, ...] = (_clean, _checked_out, _whole, _dated, _free, _fresh, _told, _enough)
TAGGED: tuple[Check, ...] = (_named_version, _annotated, _clean, _whole, _merged, _dated, _true)
PUBLISH: tuple[Check, ...] = (*TAGGED, _fresh, _recorded, _enough)
# A preview is made of any commit, and what it will be called is not decided yet.
PREVIEW: tuple[Check, ...] = (_clean, _whole, _merged, _dated, _true, _fresh)


def objections(checks: Iterable[Check], facts: Facts) -> list[Objection]:
    """What stands against it, in the order of the checks.

    Args:
        checks: `RELEASE` before a tag is made, `PUBLISH` once it is, `TAGGED` where only the tag is known.
        facts: of the repository.
    """
    return [found for check in checks if (found := check(facts)) is not None]


def require(checks: Iterable[Check], facts: Facts) -> None:
    """As `objections`.

    Raises:
        NotReady: any stands.
    """
    found = objections(checks, facts)
    if found:
        raise NotReady(found)


def missing(ours: Mapping[str, str], theirs: Mapping[str, str | None]) -> list[str]:
    """The names of our files that an index does not list yet.

    Args:
        ours: file name → sha256.
        theirs: likewise.

    Raises:
        Refused: it lists one of the names with another hash.
    """
    other = sorted(name for name, sha256 in ours.items() if theirs.get(name, sha256) != sha256)
    if other:
        raise Refused(
            f"the index lists {', '.join(other)} with other content, and a published file never changes",
            "put a moved tag back, publish the files built first (--dist), or release the next version",
        )
    return sorted(name for name in ours if name not in theirs)
