"""What is accepted is seen alike by every reader: looked for by damage, and by lies in every field."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import upload
from index import readers
from index.distributions import Dist, fields
from index.raw_archives import TarPart, ZipPart, changed, gzipped, pax, tar_of, zip64_end, zip_of
from index.seeded import (
    INFO,
    STEM,
    descriptor,
    packed,
    parts_of,
    right_sdist,
    right_wheel,
    sdist_dist,
    sdist_parts,
    wheel_dist,
    wheel_files,
    zip64_extra,
)

SMALL, LARGE = 60, 10_000
NUMBERS = st.one_of(
    st.sampled_from([0, 1, 7, 0xFFFF, 0xFFFF_FFFE, 0xFFFF_FFFF]),
    st.integers(0, 0xFFFF_FFFF),
    st.integers(0, 300),
)
SHORT = st.one_of(st.sampled_from([0, 8, 0x800, 0x808, 0x2000, 45, 63]), st.integers(0, 0xFFFF))
NAMES = st.one_of(
    st.sampled_from(
        [
            b"demo_pkg/__init__.py",
            b"demo_pkg/a.py",
            b"demo_pkg/",
            b"demo_pkg",
            b"x",
            b"../x",
            b"demo_pkg/\xff",
        ]
    ),
    st.text("ab/.é\\: \0A", min_size=1, max_size=8).map(str.encode),
)
EXTRAS = st.one_of(
    st.builds(lambda kind, data: struct.pack("<2H", kind, len(data)) + data, SHORT, st.binary(max_size=24)),
    st.builds(zip64_extra, NUMBERS, NUMBERS),
    st.sampled_from([struct.pack("<2HBL", 0x5455, 5, 1, 0), struct.pack("<2H", 0x7875, 0)]),
    st.binary(max_size=8),
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": NAMES, "data": st.binary(max_size=40), "method": st.sampled_from([0, 8, 8, 12]),
    "flags": SHORT, "mode": SHORT, "needed": SHORT, "crc": NUMBERS, "size": NUMBERS,
    "packed": st.binary(max_size=40),
    "packed_size": NUMBERS, "comment": st.binary(max_size=9), "extra": EXTRAS, "local_name": NAMES,
    "local_extra": EXTRAS, "local_crc": NUMBERS, "local_size": NUMBERS, "local_packed_size": NUMBERS,
    "descriptor": st.binary(max_size=24), "after": st.binary(max_size=9), "offset": NUMBERS,
    "listed": st.just(False),
}  # fmt: skip
LIE = st.sampled_from(sorted(FIELDS)).flatmap(lambda field: st.tuples(st.just(field), FIELDS[field]))
ENDS = st.fixed_dictionaries(
    {},
    optional={
        "before": st.binary(max_size=9), "gap": st.binary(max_size=9), "after": st.binary(max_size=30),
        "comment": st.binary(max_size=30), "count": st.integers(0, 9), "full": st.booleans(),
        "wide": st.sampled_from([zip64_end, zip64_end, lambda *told: zip64_end(told[0] + 1, *told[1:])]),
    },
)  # fmt: skip


def is_accepted(dist: Dist) -> bool:
    """Whether the index takes it; it never fails in another way than by refusing."""
    try:
        upload.read(fields(dist), dist.filename, io.BytesIO(dist.content))
    except Refused:
        return False
    return True


def seen_alike(dist: Dist, *more: Callable[[bytes], readers.Files]) -> None:
    wheel = [readers.by_us, readers.by_zipfile, readers.by_stream, readers.by_pip_wheel]
    sdist = [readers.by_us_sdist, readers.by_tarfile, readers.by_pip_sdist]
    seen = [
        readers.quietly(read, dist.content) for read in (wheel if dist.filetype == "bdist_wheel" else sdist)
    ]
    seen += [readers.quietly(read, dist.content) for read in more]
    assert isinstance(seen[0], dict)
    assert all(each == seen[0] for each in seen[1:])


def lying_wheel(lies: list[tuple[int, tuple[str, Any]]], ends: dict[str, Any]) -> Dist:
    parts = parts_of(wheel_files({"demo_pkg/a.py": b"A = 1\n"}))
    for index, (field, value) in lies:
        parts[index % len(parts)] = changed(parts[index % len(parts)], **{field: value})
    return wheel_dist(zip_of(parts, **ends))


LYING_WHEELS = st.builds(lying_wheel, st.lists(st.tuples(st.integers(0, 4), LIE), max_size=3), ENDS)

TAR_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": NAMES.map(lambda name: f"{STEM}/".encode() + name),
    "data": st.binary(max_size=600),
    "kind": st.sampled_from([b"0", b"\0", b"5", b"1", b"2", b"7", b"x", b"g", b"L", b"K", b"S", b"V", b"Z"]),
    "size": st.sampled_from(
        [b"4", b"00000000004\0", b"          4\0", b"\x80" + bytes(10) + b"\4", b"-1", b"4_0"]
    ).map(lambda text: text.ljust(12, b"\0")),
    "link": st.sampled_from([b"", b"x"]),
    "magic": st.sampled_from([b"ustar\x0000", b"ustar  \0", bytes(8), b"ustar\0  "]),
    "prefix": st.sampled_from([b"", b"x", STEM.encode()]),
    "mtime": st.sampled_from(
        [b"0".ljust(12, b"\0"), b"-1".ljust(12, b"\0"), b"\xff" * 12, b"\x80" + b"\1" * 11]
    ),
    "checksum": NUMBERS.map(lambda number: number & 0o777777),
}
TAR_LIE = st.sampled_from(sorted(TAR_FIELDS)).flatmap(
    lambda field: st.tuples(st.just(field), TAR_FIELDS[field])
)
HEADERS = st.one_of(
    st.builds(
        lambda key, value: pax(**{key: value}),
        st.sampled_from(
            [
                "path",
                "size",
                "mtime",
                "linkpath",
                "comment",
                "GNU__sparse__name",
                "SCHILY__xattr",
                "hdrcharset",
            ]
        ),
        st.sampled_from(["", "4", "0", "600", "9" * 30, f"{STEM}/b", f"{STEM}/../b", "1.5", "\u00e9"]),
    ),
    st.builds(
        lambda name: TarPart(b"././@LongLink", name, b"L"),
        st.sampled_from([b"x\0", f"{STEM}/c\0".encode(), b"c"]),
    ),
    st.builds(lambda part: changed(part, kind=b"g"), st.just(pax(comment="x"))),
)
TAIL = st.sampled_from(
    [bytes(1024), bytes(512), b"", bytes(10240), bytes(1000), bytes(1024) + b"x", bytes(512) + b"x" * 512]
)


def lying_sdist(
    lies: list[tuple[int, tuple[str, Any]]], extra: list[tuple[int, TarPart]], tail: bytes, behind: bytes
) -> Dist:
    parts = [*sdist_parts({"a.txt": b"text"}), TarPart(f"{STEM}/folder".encode(), kind=b"5")]
    for index, (field, value) in lies:
        parts[index % len(parts)] = changed(parts[index % len(parts)], **{field: value})
    for index, part in extra:
        parts.insert(index % (len(parts) + 1), part)
    return sdist_dist(gzipped(tar_of(parts, tail)) + behind)


LYING_SDISTS = st.builds(
    lying_sdist,
    st.lists(st.tuples(st.integers(0, 4), TAR_LIE), max_size=2),
    st.lists(st.tuples(st.integers(0, 5), HEADERS), max_size=2),
    TAIL,
    st.sampled_from([b"", b"", b"", b"\0", b"x", gzipped(b"x")]),
)


def damaged(dist: Dist, seed: int) -> Dist:
    """A file after some bytes were turned, lost, added or swapped."""
    chance = random.Random(seed)  # noqa: S311  it damages files, it keeps no secret
    content = bytearray(dist.content)
    # The headers of an sdist are within its compression.
    inside = dist.filetype == "sdist" and chance.random() < 0.8
    if inside:
        content = bytearray(zlib.decompress(dist.content, 31))
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(content)), chance.randint(1, 12)
        match chance.randrange(6):
            case 0 | 1 | 2:
                content[at] = chance.choice([0, 1, 0xFF, 0x80, content[at] ^ 1 << chance.randrange(8)])
            case 3:
                del content[at : at + length]
            case 4:
                content[at:at] = content[chance.randrange(len(content)) :][:length]
            case _:
                content[at : at + length] = bytes(length)
    if chance.random() < 0.1:
        del content[chance.randrange(len(content)) :]
    return Dist(
        dist.name,
        dist.version,
        dist.filename,
        gzipped(bytes(content)) if inside else bytes(content),
        dist.filetype,
    )


def check(dist: Dist) -> None:
    if is_accepted(dist):
        seen_alike(dist)


ONE_BY_ONE: dict[str, st.SearchStrategy[Dist]] = {
    "lying wheels": LYING_WHEELS,
    "lying sdists": LYING_SDISTS,
    "damaged wheels": st.integers(0, 1 << 40).map(lambda seed: damaged(right_wheel(), seed)),
    "damaged sdists": st.integers(0, 1 << 40).map(lambda seed: damaged(right_sdist(), seed)),
}


@pytest.mark.parametrize("kind", ONE_BY_ONE)
def test_what_is_accepted_every_reader_sees_alike(kind: str) -> None:
    settings(max_examples=SMALL, deadline=None)(given(ONE_BY_ONE[kind])(check))()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ONE_BY_ONE)
def test_what_is_accepted_every_reader_sees_alike_in_a_long_search(kind: str) -> None:
    settings(max_examples=LARGE, deadline=None)(given(ONE_BY_ONE[kind])(check))()


def described_wheel() -> Dist:
    parts = [
        changed(part, descriptor=descriptor(part.data, len(part.body()))) for part in parts_of(wheel_files())
    ]
    return wheel_dist(zip_of(parts))


def wide_wheel(*, full: bool) -> Dist:
    return wheel_dist(zip_of(parts_of(wheel_files()), wide=zip64_end, full=full))


def wide_member() -> Dist:
    first, *rest = parts_of(wheel_files())
    wide = changed(
        first, local_extra=zip64_extra(len(first.data), len(first.body())), local_size=0xFFFF_FFFF,
        local_packed_size=0xFFFF_FFFF, needed=45,
    )  # fmt: skip
    return wheel_dist(zip_of([wide, *rest]))


RIGHT: dict[str, Callable[[], Dist]] = {
    "a wheel": right_wheel,
    "an sdist": right_sdist,
    "a wheel with data descriptors": described_wheel,
    "a wheel with a zip64 end record": lambda: wide_wheel(full=False),
    "a wheel whose zip64 end record counts": lambda: wide_wheel(full=True),
    "a wheel with a zip64 member": wide_member,
    "a wheel with stored members": lambda: wheel_dist(
        zip_of([changed(part, method=0) for part in parts_of(wheel_files())])
    ),
    "a wheel with folders": lambda: wheel_dist(
        zip_of([ZipPart(b"demo_pkg/", method=0, mode=0o040755), *parts_of(wheel_files())])
    ),
    "a wheel with times of access": lambda: wheel_dist(
        zip_of(
            [changed(part, extra=struct.pack("<2HBL", 0x5455, 5, 1, 0)) for part in parts_of(wheel_files())]
        )
    ),
    "a wheel with a name beyond ASCII": lambda: packed({"demo_pkg/caf\u00e9.txt": b"x"}),
    "a wheel with licences": lambda: packed({f"{INFO}/licenses/LICENSE": b"free\n"}),
    "an sdist with a long name by pax": lambda: lying_sdist(
        [], [(3, pax(path=f"{STEM}/{'x/' * 120}y"))], bytes(1024), b""
    ),
    "an sdist with a long name by GNU": lambda: lying_sdist(
        [], [(3, TarPart(b"././@LongLink", f"{STEM}/{'x/' * 120}y\0".encode(), b"L"))], bytes(10240), b""
    ),
    "an sdist with a comment for all": lambda: lying_sdist(
        [], [(0, changed(pax(comment="c0ffee"), kind=b"g"))], bytes(1024), b""
    ),
    "an sdist with the attributes of a vendor": lambda: lying_sdist(
        [], [(1, pax(SCHILY__xattr__user="\u00e9", mtime="1.5"))], bytes(1024), b""
    ),
    "an sdist by GNU tar": lambda: sdist_dist(
        gzipped(tar_of([changed(part, magic=b"ustar  \0") for part in sdist_parts()]))
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_archive_in_an_unusual_form_is_accepted_and_seen_alike(name: str) -> None:
    dist = RIGHT[name]()
    assert is_accepted(dist)
    seen_alike(dist, *([readers.by_tar_program] if dist.filetype == "sdist" else []))
