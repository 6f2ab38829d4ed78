"""Trusted publishers: which CI job may publish which project; kept in the store."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.clock import stamp
from crucible_pipeline.index.document import Document
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.origins import Condition, Kind, Origin, checked_audience
from crucible_pipeline.index.store import NotFound, Store

KEY = "access/publishers.json"
# Events in which GitHub runs a workflow for somebody else's commit.
FOREIGN_EVENTS = frozenset({"pull_request", "pull_request_target"})


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who may publish a project.

    Args:
        id: names it in lists and for removing.
        project: normalized; it may have published nothing yet.
        kind: what it was made for.
        issuer: the URL that signs for it.
        audience: that its tokens are made for; None for the index's own.
        conditions: all have to hold.
        created: RFC 3339, UTC.
    """

    id: str
    project: str
    kind: Kind
    issuer: str
    audience: str | None
    conditions: tuple[Condition, ...]
    created: str

    def takes(self, claims: Mapping[str, Any]) -> bool:
        """Whether verified claims of its issuer are those of this publisher."""
        if self.kind == "github" and claims.get("event_name") in FOREIGN_EVENTS:
            return False
        return all(condition.holds(claims) for condition in self.conditions)

    @property
    def named(self) -> dict[str, Any]:
        """It as the provenance of its files names it (PEP 740), in the words of the public index."""
        wanted = {condition.claim: condition.value for condition in self.conditions}
        if self.kind == "github":
            workflow = wanted["job_workflow_ref"].rpartition("/")[2]
            told = {"kind": "GitHub", "repository": wanted["repository"], "workflow": workflow}
        elif self.kind == "gitlab":
            path = wanted["ci_config_ref_uri"].partition("//")[2]
            told = {"kind": "GitLab", "repository": wanted["project_path"], "workflow_filepath": path}
        else:
            return {"kind": self.issuer, "claims": wanted}
        return {**told, "environment": wanted.get("environment"), "claims": None}

    def __str__(self) -> str:
        told = ", ".join(f"{condition.claim}={condition.value}" for condition in self.conditions)
        return f"{self.kind} {told}" if self.kind != "issuer" else f"{self.issuer} {told}"


@dataclass(frozen=True, slots=True)
class Published:
    """The document of all publishers.

    Args:
        audience: what tokens for this index are made for; None before the first publisher.
        publishers: of all projects.
    """

    audience: str | None = None
    publishers: tuple[Publisher, ...] = ()


class Publishers:
    """The publishers of an index.

    Args:
        store: keeps them.
        clock: gives the time, in UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._document = Document(store, KEY, _read, _write, Published())

    @property
    def all(self) -> tuple[Publisher, ...]:
        """Of all projects."""
        return self._document.value().publishers

    @property
    def audience(self) -> str | None:
        """What tokens for this index have to be made for; None where it has no publishers."""
        return self._document.value().audience

    def of(self, project: str) -> tuple[Publisher, ...]:
        """Of one project, by its normalized name."""
        return tuple(each for each in self.all if each.project == project)

    def new(self, project: str, origin: Origin) -> Publisher:
        """A publisher that is not added yet.

        Args:
            project: in any spelling; it need not exist yet.
            origin: the CI job.

        Raises:
            Refused: the name is none.
        """
        return Publisher(
            id=secrets.token_hex(4),
            project=str(normalized(project)),
            kind=origin.kind,
            issuer=origin.issuer,
            audience=origin.audience,
            conditions=origin.conditions,
            created=stamp(self._clock()),
        )

    def add(self, publisher: Publisher) -> None:
        """Let a CI job publish a project.

        With the first one, the index gets an audience of its own: a token that a job made for another index
        is none for this one.

        Raises:
            Refused: exactly this publisher is there.
        """

        def add(held: Published) -> Published:
            for each in held.publishers:
                if replace(each, id=publisher.id, created=publisher.created) == publisher:
                    raise Refused(f"{publisher.project} has this publisher already, as {each.id}")
            audience = held.audience or f"crucible-{secrets.token_hex(4)}"
            return Published(audience, (*held.publishers, publisher))

        self._document.change(add)

    def get(self, publisher_id: str) -> Publisher:
        """The publisher of an id.

        Raises:
            NotFound: none has it.
        """
        for each in self.all:
            if each.id == publisher_id:
                return each
        what = f"no publisher has the id {publisher_id[:80]}"
        raise NotFound(what, "list them: crucible index publisher list")

    def remove(self, publisher_id: str) -> None:
        """Take a publisher away; the tokens that it got are refused from now on."""
        self._document.change(
            lambda held: replace(
                held, publishers=tuple(each for each in held.publishers if each.id != publisher_id)
            )
        )

    def set_audience(self, audience: str) -> None:
        """Say what tokens for this index are made for.

        Raises:
            Refused: it cannot be one.
        """
        checked_audience(audience)
        self._document.change(lambda held: replace(held, audience=audience))


def _read(data: bytes) -> Published:
    document = json.loads(data)
    rows = document["publishers"]
    return Published(document["audience"], tuple(_publisher(row) for row in rows))


def _publisher(row: dict[str, Any]) -> Publisher:
    row["conditions"] = tuple(Condition(**each) for each in row["conditions"])
    return Publisher(**row)


def _write(held: Published) -> bytes:
    return (json.dumps({"format": 1, **asdict(held)}, indent=2) + "\n").encode()
