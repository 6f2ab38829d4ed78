"""How much an archive may unpack to. Pure."""

from crucible_pipeline.index.window import Broken

MEBIBYTE = 1 << 20
MAX_METADATA_BYTES = 8 * MEBIBYTE
MAX_RECORD_BYTES = 64 * MEBIBYTE
MAX_UNPACKED_BYTES = 8 << 30
# Real packages unpack to some ten times their size; small ones may be odd.
MAX_RATIO = 50
RATIO_FROM_BYTES = 64 * MEBIBYTE


def allow(unpacked: int, size: int) -> None:
    """Let so many bytes come out of so few.

    Raises:
        Broken: they are more than any real package unpacks to.
    """
    limit = min(MAX_UNPACKED_BYTES, max(RATIO_FROM_BYTES, MAX_RATIO * size))
    if unpacked > limit:
        raise Broken(f"would unpack to more than the {limit // MEBIBYTE} MiB its size warrants")
