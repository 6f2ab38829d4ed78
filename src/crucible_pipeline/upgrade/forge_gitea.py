"""The pull requests of Gitea and Forgejo (REST API version 1)."""

from urllib.parse import quote

from crucible_pipeline.upgrade.forge import Comment, Draft, Proposal
from crucible_pipeline.upgrade.forge_place import TOKENS, Kind
from crucible_pipeline.upgrade.forge_pulls import Pulls, comment_of, proposal_of
from crucible_pipeline.upgrade.forge_rest import Words, list_at, number_at, text_at, value_at

# Gitea wants a colour for a label that it is to create.
LABEL_COLOUR = "#8a6d3b"


def words(token: str) -> Words:
    """How a request is dressed."""
    headers = {"Accept": "application/json", "Authorization": f"token {token}", "User-Agent": "crucible"}
    return Words(headers, TOKENS[Kind.GITEA], per_page="limit", page_size=50)


class Gitea(Pulls):
    """The pull requests of one repository.

    Args:
        api: of the forge.
        place: the repository.
    """

    def open_proposals(self) -> list[Proposal]:
        """Those that are open."""
        return self._listed(state="open")

    def closed_proposals(self, branch: str) -> list[Proposal]:
        """Those of a branch that were closed and not merged, the newest first."""
        # the list knows no filter for the branch
        found = self._listed(state="closed", sort="recentupdate")
        return sorted((one for one in found if one.branch == branch), key=lambda one: -one.number)

    def _listed(self, **query: str) -> list[Proposal]:
        found = self._api.pages(f"{self._root}/pulls", **query)
        # anybody can open a pull request from a fork, with any name of its branch
        return [
            proposal_of(one)
            for one in found
            if value_at(one, "head", "repo_id") == value_at(one, "base", "repo_id")
            and value_at(one, "merged") is not True
        ]

    def open(self, draft: Draft) -> Proposal:
        """Open a proposal for a branch that is there."""
        document = {
            "title": draft.title,
            "body": draft.body,
            "head": draft.branch,
            "base": draft.base,
            "labels": self._labels((draft.label,)),
        }
        return proposal_of(self._api.write("POST", f"{self._root}/pulls", document))

    def label(self, proposal: Proposal, labels: tuple[str, ...]) -> None:
        """Make these the labels; one that the repository lacks is created."""
        self._api.write("PUT", f"{self._issue(proposal.number)}/labels", {"labels": self._labels(labels)})

    def _labels(self, names: tuple[str, ...]) -> list[int]:
        listed = self._api.pages(f"{self._root}/labels")
        known = {text_at(one, "name"): number_at(one, "id") for one in listed}
        for name in names:
            if name not in known:
                made = self._api.write("POST", f"{self._root}/labels", {"name": name, "color": LABEL_COLOUR})
                known[name] = number_at(made, "id")
        return [known[name] for name in names]

    def comments(self, number: int) -> list[Comment]:
        """All comments, the oldest first."""
        # the list of an issue's comments is not paged
        found = list_at(self._api.read(f"{self._issue(number)}/comments"))
        return [comment_of(one) for one in found]

    def is_green(self, proposal: Proposal) -> bool:
        """Whether there are checks of its commit and all of them passed."""
        found = self._api.read(f"{self._root}/commits/{quote(proposal.commit)}/status")
        # without any status the forge tells no count
        return bool(list_at(found, "statuses")) and text_at(found, "state") == "success"

    def merge(self, proposal: Proposal) -> None:
        """Merge exactly the commit that the proposal names."""
        document = {"Do": "merge", "head_commit_id": proposal.commit}
        self._api.write("POST", f"{self._pull(proposal)}/merge", document)
