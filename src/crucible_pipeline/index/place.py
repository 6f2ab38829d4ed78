"""Where an index keeps its data, by the address that a command line gives."""

from pathlib import Path

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.store import Store


def store_at(address: str) -> Store:
    """The store at an address; nothing is read or written yet.

    Args:
        address: a folder, or `s3://`, `gs://` or `az://` with a bucket and a prefix, whose credentials come
            from the environment.

    Raises:
        Refused: it is of another kind.
        CannotDo: the environment does not hold what a bucket needs, or the package for buckets is missing.
    """
    if not is_bucket(address):
        return DirectoryStore(Path(address))
    try:
        # Here, so that an index in a folder needs none of it.
        from crucible_pipeline.index.bucket import BucketStore  # noqa: PLC0415
    except ImportError as error:
        raise CannotDo(
            f"the package for buckets is not installed ({error.name} is missing)",
            'install "crucible-pipeline[index]"',
        ) from error
    return BucketStore(address)


def is_bucket(address: str) -> bool:
    """Whether an address is of a bucket, well-formed or not; any other is of a folder."""
    return "://" in address
