"""GitHub's pull requests, and those of servers that speak its REST API (version 2022-11-28)."""

from typing import Any
from urllib.parse import quote

from crucible_pipeline.upgrade.forge import Comment, Draft, Proposal
from crucible_pipeline.upgrade.forge_place import TOKENS, Kind
from crucible_pipeline.upgrade.forge_pulls import Pulls, comment_of, proposal_of
from crucible_pipeline.upgrade.forge_rest import Words, list_at, number_at, text_at, value_at

# GitHub refuses a longer text.
MAX_BODY_CHARACTERS = 65_000
_PASSED = frozenset({"success", "neutral", "skipped"})


def words(token: str) -> Words:
    """How a request is dressed."""
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "crucible",
    }
    return Words(headers, TOKENS[Kind.GITHUB])


class GitHub(Pulls):
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
        owner = self._path.partition("/")[0]
        found = self._listed(state="closed", head=f"{owner}:{branch}", sort="created", direction="desc")
        return [one for one in found if one.branch == branch]

    def _listed(self, **query: str) -> list[Proposal]:
        found = self._api.pages(f"{self._root}/pulls", **query)
        return [proposal_of(one) for one in found if self._is_own(one) and value_at(one, "merged_at") is None]

    def _is_own(self, document: Any) -> bool:
        # anybody can open a pull request from a fork, with any name of its branch
        return text_at(document, "head", "repo", "full_name").lower() == self._path.lower()

    def open(self, draft: Draft) -> Proposal:
        """Open a proposal for a branch that is there."""
        document = {"title": draft.title, "body": draft.body, "head": draft.branch, "base": draft.base}
        made = proposal_of(self._api.write("POST", f"{self._root}/pulls", document))
        self.label(made, (draft.label,))
        return made

    def label(self, proposal: Proposal, labels: tuple[str, ...]) -> None:
        """Make these the labels; one that the repository lacks is created."""
        self._api.write("PUT", f"{self._issue(proposal.number)}/labels", {"labels": list(labels)})

    def comments(self, number: int) -> list[Comment]:
        """All comments, the oldest first."""
        found = self._api.pages(f"{self._issue(number)}/comments")
        return [comment_of(one) for one in found]

    def is_green(self, proposal: Proposal) -> bool:
        """Whether there are checks of its commit and all of them passed."""
        commit = f"{self._root}/commits/{quote(proposal.commit)}"
        runs = self._api.read(f"{commit}/check-runs", per_page=100)
        status = self._api.read(f"{commit}/status")
        said = [text_at(run, "conclusion") for run in list_at(runs, "check_runs")]
        count, statuses = number_at(runs, "total_count"), number_at(status, "total_count")
        complete = count == len(said) and all(one in _PASSED for one in said)
        return count + statuses > 0 and complete and (not statuses or text_at(status, "state") == "success")

    def merge(self, proposal: Proposal) -> None:
        """Merge exactly the commit that the proposal names."""
        self._api.write("PUT", f"{self._pull(proposal)}/merge", {"sha": proposal.commit})
