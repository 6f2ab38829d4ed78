"""GitLab's merge requests (REST API version 4)."""

from typing import Any
from urllib.parse import quote

from crucible_pipeline.upgrade.forge import Comment, Draft, Proposal
from crucible_pipeline.upgrade.forge_place import TOKENS, Kind, Place
from crucible_pipeline.upgrade.forge_rest import Api, Words, list_at, number_at, text_at, value_at


def words(token: str) -> Words:
    """How a request is dressed."""
    headers = {"Accept": "application/json", "PRIVATE-TOKEN": token, "User-Agent": "crucible"}
    return Words(headers, TOKENS[Kind.GITLAB])


class GitLab:
    """The merge requests of one project.

    Args:
        api: of the forge.
        place: the project.
    """

    def __init__(self, api: Api, place: Place) -> None:
        self._api = api
        self._root = f"/projects/{quote(place.path, safe='')}"

    def open_proposals(self) -> list[Proposal]:
        """Those that are open."""
        return self._listed(state="opened")

    def closed_proposals(self, branch: str) -> list[Proposal]:
        """Those of a branch that were closed and not merged, the newest first."""
        found = self._listed(state="closed", source_branch=branch, order_by="created_at", sort="desc")
        return [one for one in found if one.branch == branch]

    def _listed(self, **query: str) -> list[Proposal]:
        found = self._api.pages(f"{self._root}/merge_requests", **query)
        # anybody can open a merge request from a fork, with any name of its branch
        return [
            _proposal(one)
            for one in found
            if value_at(one, "source_project_id") == value_at(one, "target_project_id")
        ]

    def open(self, draft: Draft) -> Proposal:
        """Open a proposal for a branch that is there."""
        document = {
            "source_branch": draft.branch,
            "target_branch": draft.base,
            "title": draft.title,
            "description": draft.body,
            "labels": draft.label,
        }
        return _proposal(self._api.write("POST", f"{self._root}/merge_requests", document))

    def edit(self, proposal: Proposal, title: str, body: str) -> None:
        """Replace title and body."""
        self._api.write("PUT", self._request(proposal.number), {"title": title, "description": body})

    def label(self, proposal: Proposal, labels: tuple[str, ...]) -> None:
        """Make these the labels; one that the project lacks is created."""
        self._api.write("PUT", self._request(proposal.number), {"labels": ",".join(labels)})

    def close(self, proposal: Proposal, body: str) -> None:
        """Close it without merging, with a last body."""
        self._api.write("PUT", self._request(proposal.number), {"state_event": "close", "description": body})

    def comments(self, number: int) -> list[Comment]:
        """All comments, the oldest first; what GitLab itself noted is none."""
        found = self._api.pages(f"{self._request(number)}/notes", sort="asc", order_by="created_at")
        return [
            Comment(number_at(one, "id"), text_at(one, "body"))
            for one in found
            if value_at(one, "system") is not True
        ]

    def comment(self, number: int, text: str) -> None:
        """Add a comment."""
        self._api.write("POST", f"{self._request(number)}/notes", {"body": text})

    def edit_comment(self, number: int, comment: Comment, text: str) -> None:
        """Replace the text of a comment."""
        self._api.write("PUT", f"{self._request(number)}/notes/{comment.identity}", {"body": text})

    def is_green(self, proposal: Proposal) -> bool:
        """Whether there are checks of its commit and all of them passed."""
        found = self._api.read(self._request(proposal.number))
        pipeline = value_at(found, "head_pipeline")
        return (
            text_at(pipeline, "status") == "success"
            and text_at(pipeline, "sha") == text_at(found, "sha") == proposal.commit
        )

    def merge(self, proposal: Proposal) -> None:
        """Merge exactly the commit that the proposal names."""
        self._api.write("PUT", f"{self._request(proposal.number)}/merge", {"sha": proposal.commit})

    def _request(self, number: int) -> str:
        return f"{self._root}/merge_requests/{number}"


def _proposal(document: Any) -> Proposal:
    return Proposal(
        number=number_at(document, "iid"),
        branch=text_at(document, "source_branch"),
        base=text_at(document, "target_branch"),
        commit=text_at(document, "sha"),
        title=text_at(document, "title"),
        body=text_at(document, "description"),
        labels=tuple(sorted(str(label) for label in list_at(document, "labels"))),
        address=text_at(document, "web_url"),
    )
