"""What an artifact must hold, compared with the tagged commit. Pure."""

from collections.abc import Iterable, Mapping

from crucible_pipeline.release.plan import Objection, named

_DIST_INFO = frozenset({"METADATA", "WHEEL", "RECORD", "top_level.txt"})
_AGAIN = "build again from the tag, and give an empty --dist"


def wheel_objections(
    files: Mapping[str, bytes], package: Mapping[str, bytes], dist_info: str, licenses: Mapping[str, bytes]
) -> list[Objection]:
    """What is wrong with the contents of a wheel: it holds exactly the package, its metadata and licences.

    Args:
        files: of the wheel, name → content.
        package: what the commit holds of the package, by the names in the wheel.
        dist_info: name of the `.dist-info` folder.
        licenses: files that may lie below its `licenses/`, name → content.
    """
    expected = set(package) | {f"{dist_info}/{name}" for name in _DIST_INFO}
    named_licenses = {
        f"{dist_info}/licenses/{name}": content for name, content in licenses.items()
    }  # PEP 639
    allowed = expected | set(named_licenses)
    texts = {**package, **named_licenses}
    return [
        *_those(
            "wheel", "holds what it must not", set(files) - allowed, "name in pyproject.toml what belongs"
        ),
        *_those("wheel", "lacks", expected - set(files), "name in pyproject.toml what belongs"),
        *_those("wheel", "differs from the commit in", _different(files, texts), _AGAIN),
    ]


def sdist_objections(
    files: Mapping[str, bytes], tracked: Mapping[str, bytes], needed: Iterable[str]
) -> list[Objection]:
    """What is wrong with the contents of an sdist: each file is the commit's or setuptools' metadata.

    Args:
        files: of the sdist, name below its one folder → content.
        tracked: what the commit holds.
        needed: names that must not be missing.
    """
    made = {name for name in files if name in {"PKG-INFO", "setup.cfg"} or ".egg-info/" in name}
    return [
        *_those("sdist", "holds what the commit does not", set(files) - made - set(tracked), _AGAIN),
        *_those("sdist", "lacks", set(needed) - set(files), "name it in MANIFEST.in"),
        *_those("sdist", "differs from the commit in", _different(files, tracked) - made, _AGAIN),
    ]


def _different(files: Mapping[str, bytes], texts: Mapping[str, bytes]) -> set[str]:
    return {name for name, content in files.items() if name in texts and texts[name] != content}


def _those(check: str, what: str, names: set[str], todo: str) -> list[Objection]:
    return [Objection(check, f"{what}: {named(sorted(names))}", todo)] if names else []
