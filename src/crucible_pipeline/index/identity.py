"""The identity tokens of CI systems, before anything of them is believed. Pure."""

import base64
import json
from typing import Any, cast

from crucible_pipeline.errors import CannotDo, Refused

MAX_TOKEN_LENGTH = 16 << 10
# Two clocks differ by so much.
LEEWAY_SECONDS = 30


class NoToken(Refused):
    """The identity token is none, or not valid here and now."""


class IssuerFailed(CannotDo):
    """The issuer does not give its keys."""


def claimed_issuer(token: str) -> str:
    """Whom a token says it is from. Nothing of it was checked: good for choosing who is asked, no more.

    Raises:
        NoToken: it is no token.
    """
    issuer = part(token, 1).get("iss")
    if not isinstance(issuer, str):
        raise NoToken("the identity token names no issuer")
    return issuer


def part(token: str, number: int) -> dict[str, Any]:
    """A part of a token as it says it; nothing of it was checked.

    Args:
        token: as the issuer gave it.
        number: 0 for the header, 1 for the claims.

    Raises:
        NoToken: it cannot be read.
    """
    if len(token) > MAX_TOKEN_LENGTH or token.count(".") != 2:
        raise NoToken("this is no identity token", "send the JWT that the CI system gives to the job")
    text = token.split(".")[number]
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        raise NoToken("the identity token cannot be read") from None
    if not isinstance(found, dict):
        raise NoToken("the identity token cannot be read")
    return cast("dict[str, Any]", found)
