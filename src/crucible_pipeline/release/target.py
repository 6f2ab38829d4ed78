"""Where a publication goes: an address, or an entry of a .pypirc. Pure."""

import configparser
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from crucible_pipeline.errors import Refused

_TODO = "give the address of an index, or the name of an entry of ~/.pypirc"


@dataclass(frozen=True, slots=True)
class Target:
    """An index to publish to.

    Args:
        arguments: how twine is told.
        upload_url: where files are sent.
        simple_url: where they are listed.
        login: user name and password of the .pypirc entry, if it holds them.
    """

    arguments: tuple[str, ...]
    upload_url: str
    simple_url: str
    login: tuple[str, str] | None = field(default=None, repr=False)


def target(repository: str, pypirc: str, simple_url: str | None = None) -> Target:
    """Understand `--repository`.

    Args:
        repository: an http(s) address to which files are sent, or a name.
        pypirc: text of the .pypirc; empty where there is none.
        simple_url: the index's simple API where it is not at `/simple/` of the same host.

    Raises:
        Refused: the address holds a credential, or no entry has the name.
    """
    if urlsplit(repository).scheme in {"http", "https"}:
        _without_credential(repository)
        return Target(("--repository-url", repository), repository, _simple(repository, simple_url))
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(pypirc)
    except configparser.Error as error:
        raise Refused(f"the .pypirc cannot be read: {str(error).splitlines()[0]}", "mend it") from None
    if not parser.has_option(repository, "repository"):
        raise Refused(
            f"{repository!r} is neither an address nor an entry of .pypirc with a repository", _TODO
        )
    address = parser.get(repository, "repository")
    _without_credential(address)
    user, password = (parser.get(repository, key, fallback="") for key in ("username", "password"))
    return Target(
        ("--repository", repository),
        address,
        _simple(address, simple_url),
        (user, password) if user and password else None,
    )


def _simple(upload_url: str, given: str | None) -> str:
    if given is not None:
        _without_credential(given)
        return given.rstrip("/") + "/"
    return urljoin(upload_url, "/simple/")


def _without_credential(address: str) -> None:
    parts = urlsplit(address)
    if parts.username or parts.password:
        raise Refused(
            f"the address of {parts.hostname} holds a credential, which every list of processes would show",
            "give it through TWINE_USERNAME and TWINE_PASSWORD, or CRUCIBLE_TOKEN",
        )
