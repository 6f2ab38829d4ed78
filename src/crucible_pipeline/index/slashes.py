"""Leads an address with or without a last slash to the one that is there, always within this host.

The framework's own redirect names the host that the request named, which a stranger may have chosen.
"""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from crucible_pipeline.index.answers import PLAIN


class Slashes:
    """What answers where no route fits.

    Args:
        routes: all that there are.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = tuple(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect (RFC 9110, section 15.4.9: the method stays), or say that nothing is there.

        Raises:
            HTTPException: nothing is there.
        """
        path: str = scope["path"]
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        # An address that begins with two slashes would lead to another host.
        if scope["type"] != "http" or not other.startswith("/") or other.startswith(("//", "/\\")):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if all(route.matches({**scope, "path": other})[0] is Match.NONE for route in self._routes):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        query = scope["query_string"].decode("latin-1")
        place = f"{scope.get('root_path', '')}{quote(other)}{f'?{query}' if query else ''}"
        headers = {**PLAIN, "Location": quote(place, safe="/?&=%+:,;@!$'()*~-._")}
        await Response(status_code=HTTPStatus.TEMPORARY_REDIRECT, headers=headers)(scope, receive, send)
