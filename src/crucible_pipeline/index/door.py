"""Lets requests in or not, knows whose a name is, and asks the store as holds up the others least."""

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from crucible_pipeline.index import simple
from crucible_pipeline.index.access import Access, Action, Forbidden, Unauthorized, is_passed_on
from crucible_pipeline.index.attestation import TOKEN
from crucible_pipeline.index.audit import Actor
from crucible_pipeline.index.reserved import Reserved
from crucible_pipeline.index.store import NotFound, Store
from crucible_pipeline.index.used import Refusals

P = ParamSpec("P")
T = TypeVar("T")


class Door:
    """What every handler asks first.

    Args:
        access: who may do what.
        store: of the index.
    """

    def __init__(self, access: Access, store: Store) -> None:
        self._access, self.store = access, store
        self.ledger = access.ledger
        self._refusals = Refusals(access.ledger)
        self._reserved = Reserved(store)

    @property
    def shared(self) -> str:
        """Whether caches between here and the reader may keep what is sent: `public` or `private`."""
        return "public" if self._access.anonymous_read else "private"

    def is_own(self, name: str) -> bool:
        """Whether a name is this index's own: published here, reserved, or with a token or publisher.

        Args:
            name: normalized.
        """
        try:
            self.store.tag(simple.key_of(name))
        except NotFound:
            return self._reserved.covers(name) or self._access.is_claimed(name)
        return True

    async def allow(
        self, request: Request, action: Action, project: str | None, version: str | None = None
    ) -> Actor:
        """Let an action pass, as `Access.check` does, and return whose it is.

        Raises:
            Unauthorized: credentials are needed.
            Forbidden: they do not suffice.
        """
        given = request.headers.get("authorization")
        if given is None and self._access.only_here and is_passed_on(request.headers):
            raise Unauthorized(
                f"a token is needed to {action} through a proxy",
                "give it as the password of the user __token__; or start the server with --open",
            )
        source = request.client.host if request.client else None
        try:
            return Actor(await self.ask(self._access.check, given, action, project, version), source)
        except (Unauthorized, Forbidden):
            if given is not None:
                self._refusals.note(source)
            raise

    async def publisher(self, request: Request, project: str) -> Mapping[str, Any]:
        """Who uploads to a project, after `allow`, as PEP 740 writes a publisher."""
        given = request.headers.get("authorization")
        found = await self.ask(self._access.publisher_of, given, project)
        return TOKEN if found is None else found.named

    async def ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call at once where the store is local: a look at a file costs less than a change of threads."""
        if self.store.is_local:
            return function(*args, **kwargs)
        return await run_in_threadpool(function, *args, **kwargs)
