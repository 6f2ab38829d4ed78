"""What a forge is to an upgrade: a place with proposals (pull or merge requests). Values, and one interface.

GitHub, GitLab and Gitea (with Forgejo) are behind it; each knows its own words in its own file.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A proposal that is to be opened.

    Args:
        branch: with the change, without `refs/heads/`.
        base: the branch to merge into.
        title: one line.
        body: Markdown.
        label: that says the verdict.
    """

    branch: str
    base: str
    title: str
    body: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal as the forge tells it; its branch is in the repository itself, never in a fork.

    Args:
        number: that people see.
        branch: with the change.
        base: the branch to merge into.
        commit: the tip of the branch, as far as the forge has seen it.
        title: one line.
        body: Markdown.
        labels: of it, sorted.
        address: its page.
    """

    number: int
    branch: str
    base: str
    commit: str
    title: str
    body: str
    labels: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a proposal.

    Args:
        identity: of it, at the forge.
        body: Markdown.
    """

    identity: int
    body: str


class Forge(Protocol):
    """The proposals of one repository.

    Every method raises CannotDo where the forge does not answer, answers nonsense, asks to come back later,
    or does not let the token do it; the error names the status and what to do.
    """

    def open_proposals(self) -> list[Proposal]:
        """Those that are open."""
        ...

    def closed_proposals(self, branch: str) -> list[Proposal]:
        """Those of a branch that were closed and not merged, the newest first."""
        ...

    def open(self, draft: Draft) -> Proposal:
        """Open a proposal for a branch that is there."""
        ...

    def edit(self, proposal: Proposal, title: str, body: str) -> None:
        """Replace title and body."""
        ...

    def label(self, proposal: Proposal, labels: tuple[str, ...]) -> None:
        """Make these the labels."""
        ...

    def close(self, proposal: Proposal, body: str) -> None:
        """Close it without merging, with a last body."""
        ...

    def comments(self, number: int) -> list[Comment]:
        """All comments on a proposal, the oldest first."""
        ...

    def comment(self, number: int, text: str) -> None:
        """Add a comment to a proposal."""
        ...

    def edit_comment(self, number: int, comment: Comment, text: str) -> None:
        """Replace the text of a comment."""
        ...

    def is_green(self, proposal: Proposal) -> bool:
        """Whether there are checks of its commit and all of them passed."""
        ...

    def merge(self, proposal: Proposal) -> None:
        """Merge exactly the commit that the proposal names."""
        ...
