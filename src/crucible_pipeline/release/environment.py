"""Environments for the programs a release runs: what they need, and nothing that misleads them. Pure."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

# What a variable of these names says would change which code runs or which repository is read.
_MISLEADING = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)
_MISLEADING_PREFIXES = ("GIT_", "SETUPTOOLS_SCM_", "VCS_VERSIONING_", "DISTUTILS_", "SETUPTOOLS_")
_PRETENDING = ("SETUPTOOLS_SCM_PRETEND_", "SETUPTOOLS_SCM_OVERRIDES_", "VCS_VERSIONING_")
_SECRET_PREFIXES = ("TWINE_", "CRUCIBLE_", "ACTIONS_")
_SECRET_ENDINGS = ("TOKEN", "PASSWORD", "SECRET")
# Twine takes the address from these in preference to `--repository NAME`.
_TWINE_TARGETS = ("TWINE_REPOSITORY", "TWINE_REPOSITORY_URL")
TOKEN = "CRUCIBLE_TOKEN"  # noqa: S105  the name of the variable


def pretending(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of set variables that would give the build another version than the tag."""
    return tuple(sorted(name for name in environ if name.startswith(_PRETENDING)))


def plain(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without what misleads Python, git or setuptools-scm; pip's settings stay."""
    return {
        name: value
        for name, value in environ.items()
        if name not in _MISLEADING and not name.startswith(_MISLEADING_PREFIXES)
    }


def for_build(environ: Mapping[str, str], epoch: int) -> dict[str, str]:
    """For the build, which runs the code of a build backend: it sees no credential of the index.

    Args:
        environ: the caller's.
        epoch: seconds since 1970 that the archives' times become (SOURCE_DATE_EPOCH).
    """
    return for_tools(environ) | {"SOURCE_DATE_EPOCH": str(epoch), "PYTHONHASHSEED": "0"}


def for_tools(environ: Mapping[str, str]) -> dict[str, str]:
    """For programs that run code of others: no credential of ours is in sight; pip's settings stay."""
    return {
        name: value
        for name, value in plain(environ).items()
        if not name.startswith(_SECRET_PREFIXES) and not name.endswith(_SECRET_ENDINGS)
    }


def credentials(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """User name and password for the index: those of twine, or CRUCIBLE_TOKEN as a token's password."""
    if environ.get("TWINE_PASSWORD"):
        return environ.get("TWINE_USERNAME") or "__token__", environ["TWINE_PASSWORD"]
    if environ.get(TOKEN):
        return "__token__", environ[TOKEN]
    return None


def for_twine(environ: Mapping[str, str]) -> dict[str, str]:
    """For an upload: the credential travels here and in no argument."""
    kept = {name: value for name, value in plain(environ).items() if name not in (*_TWINE_TARGETS, TOKEN)}
    given = credentials(environ)
    return kept | ({"TWINE_USERNAME": given[0], "TWINE_PASSWORD": given[1]} if given else {})


def for_pip(
    environ: Mapping[str, str], index_url: str, login: tuple[str, str] | None = None
) -> dict[str, str]:
    """For an installation that proves something: nothing comes from a cache.

    Args:
        environ: the caller's.
        index_url: the index to take from in place of the configured one.
        login: its user name and password; they become part of PIP_INDEX_URL, which pip prints masked.
    """
    kept = for_tools(environ)
    kept |= {"PIP_NO_CACHE_DIR": "1", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    parts = urlsplit(index_url)
    user = f"{quote(login[0], safe='')}:{quote(login[1], safe='')}@" if login else ""
    # Another index could answer in place of the one that is to be proved.
    kept = {
        name: value for name, value in kept.items() if name not in {"PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"}
    }
    return kept | {"PIP_INDEX_URL": urlunsplit(parts._replace(netloc=user + parts.netloc))}
