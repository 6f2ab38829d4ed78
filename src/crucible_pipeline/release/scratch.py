"""A folder for the length of a publication; clones and environments are many thousand files to remove."""

import shutil
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

_AT_ONCE = 8


@contextmanager
def scratch_folder() -> Generator[Path]:
    """An empty folder that is gone afterwards; what lies in it is removed several folders at a time."""
    with tempfile.TemporaryDirectory(prefix="crucible-publish-") as folder:
        scratch = Path(folder)
        try:
            yield scratch
        finally:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                # A disk takes longer over each removal than we do, and takes many at a time.
                for path in _parts(scratch):
                    pool.submit(shutil.rmtree, path, ignore_errors=True)


def _parts(scratch: Path) -> list[Path]:
    """Folders that do not lie in each other, at the depth where an environment's packages begin."""
    return [path for path in scratch.glob("*/*/*") if path.is_dir() and not path.is_symlink()]
