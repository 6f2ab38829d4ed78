"""What mypy found out about packages, kept for the next release: it judges a consumer in a tenth of the time.

Touches the user's cache folder. mypy takes an entry only where the module has the content that it was made
from. What is kept is replaced as a whole and never changed, so any number of releases may share it.
"""

import shutil
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def known_types(environment: Mapping[str, str], folder: Path) -> Generator[Path]:
    """A folder for `mypy --cache-dir`; what mypy leaves in it is kept if nothing was raised meanwhile.

    Args:
        environment: says where the user's caches lie (XDG Base Directory Specification); without a HOME,
            nothing is kept.
        folder: where the copy is made.
    """
    copy = folder / "mypy"
    kept = _place(environment)
    if kept is None:
        yield copy
        return
    try:
        shutil.copytree(kept, copy)
    except (OSError, shutil.Error):  # none yet, or another release replaces it just now
        shutil.rmtree(copy, ignore_errors=True)
    yield copy
    fresh, old = (kept.with_name(f"{kept.name}-{uuid.uuid4()}") for _ in range(2))
    # A cache that cannot be written costs time and nothing else.
    with suppress(OSError, shutil.Error):
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copytree(copy, fresh)
        with suppress(FileNotFoundError):
            kept.rename(old)
        fresh.rename(kept)
    for left in (fresh, old):
        shutil.rmtree(left, ignore_errors=True)


def _place(environment: Mapping[str, str]) -> Path | None:
    home = Path(environment.get("HOME", ""))
    cache = Path(environment.get("XDG_CACHE_HOME", ""))
    if not cache.is_absolute():
        cache = home / ".cache"
    return cache / "crucible" / "mypy" if cache.is_absolute() else None
