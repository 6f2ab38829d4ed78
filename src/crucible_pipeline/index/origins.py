"""What tells one CI job from all others: an issuer, and conditions on the claims that it signs. Pure.

What a GitHub workflow or a GitLab pipeline is called there becomes conditions here, and they are judged as
the public index judges them. Sources: the documents of both on the claims of their OpenID Connect tokens.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from crucible_pipeline.errors import Refused

GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Kind = Literal["github", "gitlab", "issuer"]
# equal: the same text. folded: letter case aside. pinned: the text, `@` and the ref or commit of the run.
Match = Literal["equal", "folded", "pinned"]

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_GROUPED = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")
_WORKFLOW = re.compile(r"[A-Za-z0-9_.+ -]+\.ya?ml")
_PIPELINE = re.compile(r"(?!/)(?!.*//)(?!.*(^|/)\.\.?(/|$))[A-Za-z0-9_.+/ -]+\.ya?ml")
_AUDIENCE = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a claim has to be.

    Args:
        claim: its name.
        value: its text; a number or a truth value is compared as JSON writes it.
        match: how.
    """

    claim: str
    value: str
    match: Match = "equal"

    def holds(self, claims: Mapping[str, Any]) -> bool:
        """Whether signed claims satisfy it."""
        given = claims.get(self.claim)
        if isinstance(given, bool | int):
            given = json.dumps(given)
        if not isinstance(given, str) or not given:
            return False
        if self.match == "folded":
            return given.casefold() == self.value.casefold()
        if self.match == "pinned":
            refs = (claims.get(name) for name in ("ref", "ref_path", "sha"))
            return any(isinstance(ref, str) and ref and _is_pinned(given, self.value, ref) for ref in refs)
        return given == self.value


@dataclass(frozen=True, slots=True)
class Origin:
    """What tells one CI job from all others.

    Args:
        kind: of which make.
        issuer: its URL.
        conditions: on its claims.
        audience: None for the index's own.
    """

    kind: Kind
    issuer: str
    conditions: tuple[Condition, ...]
    audience: str | None = None


def github(
    repository: str, owner_id: str, workflow: str, environment: str | None = None, issuer: str = GITHUB
) -> Origin:
    """A workflow of a GitHub repository.

    Args:
        repository: `owner/name`.
        owner_id: the number of the owner's account: a name can be taken over by somebody else, it cannot.
        workflow: the file's name below `.github/workflows`.
        environment: of the job; None for any.
        issuer: of an Enterprise server, where it is not the public one.

    Raises:
        Refused: one of them cannot be.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise Refused(f"{repository[:80]!r} is no GitHub repository", "write it as owner/name")
    if not owner_id.isdecimal():
        raise Refused(
            f"{owner_id[:80]!r} is no owner id", "it is the number in `gh api users/OWNER --jq .id`"
        )
    if not _WORKFLOW.fullmatch(workflow):
        raise Refused(
            f"{workflow[:80]!r} is no workflow file", "give its name alone, as release.yml, without a folder"
        )
    conditions = [
        Condition("repository", repository, "folded"),
        Condition("repository_owner", repository.partition("/")[0], "folded"),
        Condition("repository_owner_id", owner_id),
        Condition("job_workflow_ref", f"{repository}/.github/workflows/{workflow}", "pinned"),
    ]
    if environment is not None:
        conditions.append(Condition("environment", environment, "folded"))
    return Origin("github", checked_issuer(issuer), tuple(conditions))


def gitlab(
    project: str, pipeline: str = ".gitlab-ci.yml", environment: str | None = None, issuer: str = GITLAB
) -> Origin:
    """The pipeline of a GitLab project.

    Args:
        project: `namespace/name`, the namespace with all its groups.
        pipeline: the path of the top-level pipeline file.
        environment: of the job; None for any.
        issuer: of an own instance, where it is not the public one.

    Raises:
        Refused: one of them cannot be.
    """
    if not _GROUPED.fullmatch(project):
        raise Refused(f"{project[:80]!r} is no GitLab project", "write it as group/subgroup/name")
    if not _PIPELINE.fullmatch(pipeline):
        raise Refused(f"{pipeline[:80]!r} is no pipeline file", "write its path in the repository")
    checked_issuer(issuer)
    conditions = [
        Condition("namespace_path", project.rpartition("/")[0], "folded"),
        Condition("project_path", project, "folded"),
        Condition("ci_config_ref_uri", f"{urlsplit(issuer).netloc}/{project}//{pipeline}", "pinned"),
    ]
    if environment is not None:
        conditions.append(Condition("environment", environment))
    return Origin("gitlab", issuer, tuple(conditions))


def any_issuer(issuer: str, audience: str | None, claims: Mapping[str, str]) -> Origin:
    """Any issuer that publishes its keys by OpenID Connect Discovery.

    Args:
        issuer: its URL, as its tokens say it in `iss`.
        audience: as its tokens say it in `aud`; None for the index's own.
        claims: name → what it has to be, at least one.

    Raises:
        Refused: one of them cannot be.
    """
    if not claims:
        raise Refused("every job of the issuer would match", "name a claim that tells which one, as sub=…")
    if audience is not None:
        checked_audience(audience)
    conditions = tuple(Condition(name, value) for name, value in sorted(claims.items()))
    return Origin("issuer", checked_issuer(issuer), conditions, audience)


def checked_issuer(issuer: str) -> str:
    """An issuer's URL, if it may be asked for keys.

    Raises:
        Refused: it is not https, and not this machine by its own name.
    """
    parts = urlsplit(issuer)
    is_here = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or parts.query or parts.fragment or not (parts.scheme == "https" or is_here):
        raise Refused(f"{issuer[:80]!r} cannot be an issuer", "give its https address, as in its tokens")
    if parts.username or parts.password:
        raise Refused("the address of the issuer holds a credential", "an issuer's keys are public")
    return issuer


def checked_audience(audience: str) -> str:
    """An audience, if it is one.

    Raises:
        Refused: it is empty, too long or not plain text.
    """
    if not _AUDIENCE.fullmatch(audience):
        raise Refused(f"{audience[:80]!r} cannot be an audience", "use up to 200 plain characters, no spaces")
    return audience


def _is_pinned(given: str, path: str, ref: str) -> bool:
    """Whether a claim is `path@ref`; letter case counts in the file, and not in the repository's name."""
    for marker in ("/.github/workflows/", "//"):
        start = path.find(marker) + len(marker)
        if start >= len(marker):
            return (
                given[:start].casefold() == path[:start].casefold()
                and given[start:] == f"{path[start:]}@{ref}"
            )
    return given == f"{path}@{ref}"
