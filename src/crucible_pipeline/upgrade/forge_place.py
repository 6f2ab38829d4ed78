"""Which forge a repository is on, told from its remote's address and what the caller says. Pure."""

import ipaddress
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, quote, urlsplit

from crucible_pipeline.errors import CannotDo, Refused

# user@host:path, as ssh and git write it
_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^/:\s][^:\s]*)")
_PUBLIC = {"github.com": "github", "gitlab.com": "gitlab", "codeberg.org": "gitea", "gitea.com": "gitea"}
_WORDS = {"github": "github", "gitlab": "gitlab", "gitea": "gitea", "forgejo": "gitea"}


class Kind(StrEnum):
    """The forges whose words are known; Forgejo speaks Gitea's."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


TOKENS = {Kind.GITHUB: "GITHUB_TOKEN", Kind.GITLAB: "GITLAB_TOKEN", Kind.GITEA: "GITEA_TOKEN"}
_PATHS = {Kind.GITHUB: "/api/v3", Kind.GITLAB: "/api/v4", Kind.GITEA: "/api/v1"}
_FILES = {Kind.GITHUB: "blob", Kind.GITLAB: "-/blob", Kind.GITEA: "src/commit"}


@dataclass(frozen=True, slots=True)
class Access:
    """What the caller says about forges.

    Args:
        environment: variables, among them the tokens; shown nowhere.
        kind: of the forge; told from the remote's address if empty.
        api: the root of its REST API, such as https://git.example/api/v1; the usual one if empty.
    """

    environment: Mapping[str, str] = field(repr=False)
    kind: str = ""
    api: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A repository on a forge.

    Args:
        kind: of the forge.
        path: of the repository, such as `platform/storage-service`.
        api: root of the REST API, without a slash at the end.
        web: the repository's page.
        token: may write proposals; shown nowhere.
    """

    kind: Kind
    path: str
    api: str
    web: str
    token: str = field(repr=False)

    def line_address(self, commit: str, path: str, line: int) -> str:
        """The page that shows a line of a file as it is in a commit."""
        return f"{self.web}/{_FILES[self.kind]}/{commit}/{quote(path, errors='replace')}#L{line}"


def place_of(access: Access, remote: str) -> Place:
    """The repository that a remote's address names.

    Args:
        access: what the caller says.
        remote: address, as git has it.

    Raises:
        CannotDo: the address names no forge, or there is no token for it.
        Refused: the token would travel unencrypted, or the kind is unknown.
    """
    scheme, server, path = _parts(remote)
    kind = _kind(access, server)
    if kind is not Kind.GITLAB and path.count("/") != 1:
        raise CannotDo(
            f"the remote's path {path} is not OWNER/NAME, so no pull request can be opened",
            "push with --push and open it by hand",
        )
    token = access.environment.get(TOKENS[kind], "").strip()
    if not token:
        raise CannotDo(
            f"there is no token for the forge at {server}", f"set {TOKENS[kind]}, or use --push alone"
        )
    api = (access.api or _api(access.environment, kind, server)).rstrip("/")
    web = f"{'http' if scheme == 'http' else 'https'}://{server}/{path}"
    parsed = _split(api)
    if not parsed.hostname or parsed.scheme not in {"http", "https"} or "@" in parsed.netloc:
        raise Refused(
            "the address of the forge's API is no https URL", "write it as https://git.example/api/v1"
        )
    if parsed.scheme == "http" and not _is_here(parsed.hostname):
        raise Refused(f"the token would go to {parsed.netloc} unencrypted", "give an https address")
    return Place(kind, path, api, web, token)


def _parts(remote: str) -> tuple[str, str, str]:
    """Scheme, host with port where it is HTTP's, and path of a remote's address."""
    scp = _SCP.fullmatch(remote)
    if scp is not None:
        scheme, server, path = "ssh", scp["host"], scp["path"]
    else:
        parsed = _split(remote)
        scheme, path = parsed.scheme.rpartition("+")[2].lower(), parsed.path
        name = parsed.hostname or ""
        server = parsed.netloc.rpartition("@")[2].lower() if scheme in {"http", "https"} else name
    path = posixpath.normpath(path.strip("/")).removesuffix(".git")
    if scheme not in {"http", "https", "ssh", "git"} or not server or "/" not in path:
        raise CannotDo(
            "the remote is no repository of a forge, so no pull request can be opened",
            "push with --push and open it by hand",
        )
    return scheme, server, path


def _kind(access: Access, server: str) -> Kind:
    host = server.partition(":")[0]
    known = access.kind or _PUBLIC.get(host) or _of_the_runner(access.environment, host)
    labels = re.split(r"[.-]", host)
    known = known or next((_WORDS[label] for label in labels if label in _WORDS), "")
    if not known:
        raise CannotDo(f"which forge {host} is cannot be told", "say it with --forge github, gitlab or gitea")
    try:
        return Kind(_WORDS.get(known, known))
    except ValueError:
        raise Refused(f"the forge {known!r} is not known", "say github, gitlab or gitea") from None


def _of_the_runner(environment: Mapping[str, str], host: str) -> str:
    """The kind of the forge that runs this job, where the repository is on that one."""
    if environment.get("CI_SERVER_HOST") == host:
        return Kind.GITLAB
    if _split(environment.get("GITHUB_SERVER_URL", "")).hostname == host:
        is_gitea = environment.get("GITEA_ACTIONS") or environment.get("FORGEJO_ACTIONS")
        return Kind.GITEA if is_gitea else Kind.GITHUB
    return ""


def _api(environment: Mapping[str, str], kind: Kind, server: str) -> str:
    host = server.partition(":")[0]
    if kind is Kind.GITHUB and host == "github.com":
        return "https://api.github.com"
    if _of_the_runner(environment, host) == kind:
        said = environment.get("CI_API_V4_URL" if kind is Kind.GITLAB else "GITHUB_API_URL", "")
        if said:
            return said
    return f"https://{server}{_PATHS[kind]}"


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
