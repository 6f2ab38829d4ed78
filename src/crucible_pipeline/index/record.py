"""RECORD, the list of what a wheel installs: is it complete, and is each hash and size right? Pure.

Source: the binary distribution format (PEP 427) and recording installed projects (PEP 376, 627).
"""

import base64
import binascii
import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from crucible_pipeline.index.fault import Fault, quoted

ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})
# What signs RECORD cannot be listed in it with its hash.
SIGNATURES = ("RECORD.jws", "RECORD.p7s")
_REPACK = "pack it with a build backend, or python -m wheel pack, and change nothing afterwards"


@dataclass(frozen=True, slots=True)
class Row:
    """What RECORD says of a file.

    Args:
        algorithm: of the hash; empty where there is none.
        digest: the hash; None where it cannot be read.
        size: in bytes, as it is written; empty where it is not told.
    """

    algorithm: str
    digest: bytes | None
    size: str


def rows_of(text: bytes) -> tuple[dict[str, Row], list[Fault]]:
    """Read RECORD.

    Returns:
        What it says of each file, and what is wrong with how it says it.
    """
    rows: dict[str, Row] = {}
    faults: list[Fault] = []
    try:
        lines = list(csv.reader(io.StringIO(text.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return {}, [Fault("record", f"has a RECORD that cannot be read: {error}", _REPACK)]
    for line in lines:
        if len(line) != 3:
            faults.append(Fault("record", "has a RECORD line without exactly three fields", _REPACK))
            continue
        name, spec, size = line
        if name in rows:
            faults.append(Fault("record-twice", f"lists {quoted(name)} twice in its RECORD", _REPACK))
            continue
        algorithm, _, digest = spec.partition("=")
        rows[name] = Row(algorithm, _decoded(digest), size)
    return rows, faults


def record_faults(rows: Mapping[str, Row], present: Collection[str], folder: str) -> Iterator[Fault]:
    """Compare the names in RECORD with the files that are there.

    Args:
        rows: what RECORD says.
        present: the names of all files.
        folder: the `.dist-info` folder.
    """
    own = f"{folder}/RECORD"
    signatures = {f"{folder}/{name}" for name in SIGNATURES}
    files = set(present)
    for name in sorted(rows.keys() - files):
        yield Fault("record-missing", f"lists {quoted(name)} in its RECORD and does not hold it", _REPACK)
    for name in sorted(files - rows.keys() - signatures - {own}):
        yield Fault("record-unlisted", f"holds {quoted(name)}, which its RECORD does not list", _REPACK)
    for name in sorted(files & rows.keys() - signatures - {own}):
        row = rows[name]
        if row.algorithm not in ALGORITHMS or row.digest is None:
            what = f"lists {quoted(name)} in its RECORD without a sha256 hash or a better one"
            yield Fault("record-hash", what, _REPACK)


def content_faults(row: Row, name: str, digest: bytes, size: int) -> Iterator[Fault]:
    """Compare what RECORD says of a file with its content.

    Args:
        row: what it says.
        name: of the file.
        digest: of its content, by the row's algorithm.
        size: of its content, in bytes.
    """
    if row.digest is not None and row.digest != digest:
        yield Fault("record-hash", f"holds {quoted(name)} with another hash than its RECORD says", _REPACK)
    if row.size and row.size != str(size):
        yield Fault("record-size", f"holds {quoted(name)} with another size than its RECORD says", _REPACK)


def _decoded(digest: str) -> bytes | None:
    try:
        return base64.b64decode(digest + "=" * (-len(digest) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
