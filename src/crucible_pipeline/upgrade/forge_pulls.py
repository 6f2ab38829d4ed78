"""Pull requests as GitHub's REST API has them and Gitea's took them over: what both say in the same words."""

from typing import Any
from urllib.parse import quote

from crucible_pipeline.upgrade.forge import Comment, Proposal
from crucible_pipeline.upgrade.forge_place import Place
from crucible_pipeline.upgrade.forge_rest import Api, list_at, number_at, text_at


class Pulls:
    """The pull requests of one repository.

    Args:
        api: of the forge.
        place: the repository.
    """

    def __init__(self, api: Api, place: Place) -> None:
        self._api = api
        self._path = place.path
        self._root = f"/repos/{quote(place.path)}"

    def edit(self, proposal: Proposal, title: str, body: str) -> None:
        """Replace title and body."""
        self._api.write("PATCH", self._pull(proposal), {"title": title, "body": body})

    def close(self, proposal: Proposal, body: str) -> None:
        """Close it without merging, with a last body."""
        self._api.write("PATCH", self._pull(proposal), {"state": "closed", "body": body})

    def comment(self, number: int, text: str) -> None:
        """Add a comment."""
        self._api.write("POST", f"{self._issue(number)}/comments", {"body": text})

    def edit_comment(self, number: int, comment: Comment, text: str) -> None:
        """Replace the text of a comment."""
        del number
        self._api.write("PATCH", f"{self._root}/issues/comments/{comment.identity}", {"body": text})

    def _pull(self, proposal: Proposal) -> str:
        return f"{self._root}/pulls/{proposal.number}"

    def _issue(self, number: int) -> str:
        return f"{self._root}/issues/{number}"


def proposal_of(document: Any) -> Proposal:
    """A pull request as the forge writes it."""
    return Proposal(
        number=number_at(document, "number"),
        branch=text_at(document, "head", "ref"),
        base=text_at(document, "base", "ref"),
        commit=text_at(document, "head", "sha"),
        title=text_at(document, "title"),
        body=text_at(document, "body"),
        labels=tuple(sorted(text_at(label, "name") for label in list_at(document, "labels"))),
        address=text_at(document, "html_url"),
    )


def comment_of(document: Any) -> Comment:
    """A comment as the forge writes it."""
    return Comment(number_at(document, "id"), text_at(document, "body"))
