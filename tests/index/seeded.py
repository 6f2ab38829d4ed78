"""One table of faults, each planted in a right wheel or source distribution of demo-pkg 1.0.

A row is the rule that has to speak, and the file. `tests/index/test_gate.py` sends each through the index and
the command line, `tests/release/test_contents.py` through what `crucible publish` checks before it uploads.
"""

import base64
import bz2
import hashlib
import struct
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from index.distributions import Dist, metadata, record
from index.raw_archives import TarPart, ZipPart, changed, gzipped, pax, pax_record, tar_of, zip64_end, zip_of

NAME, VERSION = "demo-pkg", "1.0"
STEM = "demo_pkg-1.0"
INFO = f"{STEM}.dist-info"
WHEEL_NAME, SDIST_NAME = f"{STEM}-py3-none-any.whl", f"{STEM}.tar.gz"
WHEEL_FILE = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
CODE = b'"""What it is."""\n\nVALUE = 1\n'
HEAD = b"Metadata-Version: 2.4\nName: demo-pkg\nVersion: 1.0\nRequires-Python: >=3.11\n"

Files = dict[str, bytes]


@dataclass(frozen=True)
class Seed:
    """A fault.

    Args:
        rule: that has to speak.
        made: the file that has it, or what makes it.
        says: a part of the sentence.
    """

    rule: str
    made: Dist | Callable[[], Dist]
    says: str = ""

    @cached_property
    def dist(self) -> Dist:
        """Large ones are made only where they are needed."""
        return self.made if isinstance(self.made, Dist) else self.made()


def wheel_files(
    more: Mapping[str, bytes] | None = None, *, head: bytes = HEAD, wheel: bytes = WHEEL_FILE
) -> Files:
    """The files of a wheel without RECORD."""
    return {
        "demo_pkg/__init__.py": CODE,
        **(more or {}),
        f"{INFO}/METADATA": head,
        f"{INFO}/WHEEL": wheel,
    }


def parts_of(files: Mapping[str, bytes], listed: bytes | None = None) -> list[ZipPart]:
    """The files of a wheel as members, with a RECORD that lists them."""
    rows = record(list(files.items()), f"{INFO}/RECORD") if listed is None else listed
    named = {**files, f"{INFO}/RECORD": rows}
    return [
        ZipPart(name.encode(), data, flags=0 if name.isascii() else 0x800) for name, data in named.items()
    ]


def wheel_dist(content: bytes, name: str = WHEEL_NAME, version: str = VERSION) -> Dist:
    return Dist(NAME, version, name, content)


def packed(more: Mapping[str, bytes] | None = None, **over: bytes) -> Dist:
    """A wheel with more files, right in every other way."""
    return wheel_dist(zip_of(parts_of(wheel_files(more, **over))))


def first(content: Callable[[list[ZipPart]], list[ZipPart]], files: Files | None = None) -> Dist:
    """A wheel whose members are changed after RECORD was written."""
    return wheel_dist(zip_of(content(parts_of(files or wheel_files()))))


def with_first(**over: object) -> Dist:
    """A wheel whose first member's headers lie."""
    return first(lambda parts: [changed(parts[0], **over), *parts[1:]])


def with_record(change: Callable[[bytes], bytes], more: Mapping[str, bytes] | None = None) -> Dist:
    files = wheel_files(more)
    rows = change(record(list(files.items()), f"{INFO}/RECORD"))
    return wheel_dist(zip_of(parts_of(files, rows)))


def right_wheel() -> Dist:
    return packed()


def sdist_parts(
    more: Mapping[str, bytes] | None = None, *, head: bytes = HEAD, top: str = STEM
) -> list[TarPart]:
    files = {
        "PKG-INFO": head,
        "pyproject.toml": b"[project]\n",
        "src/demo_pkg/__init__.py": CODE,
        **(more or {}),
    }
    return [TarPart(f"{top}/{name}".encode(), data) for name, data in files.items()]


def sdist_dist(data: bytes) -> Dist:
    return Dist(NAME, VERSION, SDIST_NAME, data, "sdist")


def tarball(*more: TarPart, head: bytes = HEAD, end: bytes = bytes(1024)) -> Dist:
    return sdist_dist(gzipped(tar_of([*sdist_parts(head=head), *more], end)))


def tarred(more: Mapping[str, bytes]) -> Dist:
    return sdist_dist(gzipped(tar_of(sdist_parts(more))))


def right_sdist() -> Dist:
    return tarball()


def zip_code() -> bytes:
    return zip_of([ZipPart(b"demo_pkg/__init__.py", b"import evil\n")])


def secret(kind: str) -> bytes:
    """A made-up secret of a known form; taken apart here, so that no scanner takes this file for a leak."""
    text = (
        base64.urlsafe_b64encode(hashlib.sha512(kind.encode()).digest())
        .decode()
        .replace("-", "a")
        .replace("_", "b")
    )
    made = {
        "aws": "AKIA" + "J3QZ7TLW" + "5XKBN2YD",
        "github": "ghp" + "_" + text[:36].replace("=", "a"),
        "gitlab": "glpat" + "-" + text[:20],
        "pypi": "pypi" + "-AgE" + text[:70],
        "own": "crucible" + "_" + text[:43],
        "slack": "xoxb" + "-123456789012-" + text[:24],
    }
    return made[kind].encode()


def private_key() -> bytes:
    body = base64.b64encode(hashlib.sha512(b"key").digest() * 2).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {'PRIVATE'} KEY-----\n{lines}\n-----END {'PRIVATE'} KEY-----\n".encode()


PYC = b"\xa7\r\r\n" + struct.pack("<L", 1) + bytes(8) + b"code"
BOMB = bytes(65 << 20)
ACCENT = "demo_pkg/caf\u00e9.txt"
NINE = b"Metadata-Version: 9.9\nName: demo-pkg\nVersion: 1.0\n"


def zip64_extra(*numbers: int) -> bytes:
    return struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


def descriptor(data: bytes, packed_size: int, *, crc: int | None = None) -> bytes:
    return struct.pack("<4s3L", b"PK\7\10", zlib.crc32(data) if crc is None else crc, packed_size, len(data))


def two_in_one() -> Dist:
    parts = parts_of(wheel_files())
    return wheel_dist(zip_of([parts[0], changed(parts[0], name=b"demo_pkg/two.py"), *parts[1:]]))


def overlapping() -> Dist:
    parts = parts_of(wheel_files())
    inner = ZipPart(b"demo_pkg/inner.py", b"x = 1\n", method=0)
    outer = zip_of([inner])
    hull = ZipPart(b"demo_pkg/hull.bin", outer, method=0)
    size = 30 + len(hull.name)
    return wheel_dist(zip_of([hull, changed(inner, offset=size), *parts]))


SEEDED_WHEELS: dict[str, Seed] = {
    # What it says of itself.
    "Name unlike the file name": Seed(
        "metadata-name", packed(head=metadata("evil", "1.0")), "names the project evil"
    ),
    "Version unlike the file name": Seed(
        "metadata-number", packed(head=metadata(NAME, "6.6")), "version 6.6"
    ),
    "no Name": Seed(
        "metadata-field", packed(head=b"Metadata-Version: 2.4\nVersion: 1.0\n"), "no (or more than one) Name"
    ),
    "two Versions": Seed("metadata-field", packed(head=HEAD + b"Version: 2.0\n"), "more than one) Version"),
    "no Metadata-Version": Seed(
        "metadata-field", packed(head=b"Name: demo-pkg\nVersion: 1.0\n"), "Metadata-Version"
    ),
    "metadata of an unknown version": Seed("metadata-version", packed(head=NINE), "use one of 2.1"),
    "a requirement that is none": Seed(
        "metadata-field", packed(head=HEAD + b"Requires-Dist: ==1\n"), "is wrong"
    ),
    "a Requires-Python that is none": Seed(
        "metadata-field", packed(head=HEAD.replace(b">=3.11", b"3 or so")), "requires-python"
    ),
    "a Dynamic that may not be": Seed("metadata-field", packed(head=HEAD + b"Dynamic: Name\n"), "dynamic"),
    "a licence expression that is none": Seed(
        "metadata-field", packed(head=HEAD + b"License-Expression: free for all\n"), "license"
    ),
    "a licence that is not there": Seed(
        "license-file", packed(head=HEAD + b"License-File: LICENSE\n"), "LICENSE"
    ),
    "a licence file outside": Seed(
        "metadata-field", packed(head=HEAD + b"License-File: ../../x\n"), "license"
    ),
    "a module that is not declared": Seed(
        "module",
        packed({"other/__init__.py": b""}, head=HEAD.replace(b"2.4", b"2.5") + b"Import-Name: demo_pkg\n"),
        "holds other/__init__.py",
    ),
    "no WHEEL": Seed(
        "wheel", first(lambda parts: [part for part in parts if not part.name.endswith(b"/WHEEL")])
    ),
    "no METADATA": Seed(
        "metadata", first(lambda parts: [part for part in parts if b"METADATA" not in part.name])
    ),
    "a WHEEL of the future": Seed(
        "wheel-file", packed(wheel=WHEEL_FILE.replace(b"1.0", b"2.0")), "Wheel-Version"
    ),
    "a WHEEL that does not say where it goes": Seed(
        "wheel-file", packed(wheel=WHEEL_FILE.replace(b"Root-Is-Purelib: true\n", b"")), "Root-Is-Purelib"
    ),
    "tags unlike the file name": Seed(
        "wheel-tags",
        packed(wheel=WHEEL_FILE.replace(b"py3-none-any", b"cp312-cp312-win_amd64")),
        "other tags",
    ),
    "no tags": Seed("wheel-tags", packed(wheel=WHEEL_FILE.replace(b"Tag: py3-none-any\n", b"")), "none"),
    "a build number unlike the file name": Seed(
        "wheel-tags", packed(wheel=WHEEL_FILE + b"Build: 7\n"), "build number"
    ),
    "two dist-infos": Seed(
        "dist-info", packed({"other-1.0.dist-info/METADATA": b""}), "exactly one .dist-info"
    ),
    "another project's dist-info in .data": Seed(
        "dist-info", packed({f"{STEM}.data/purelib/pip-99.dist-info/METADATA": b""}), "another project"
    ),
    "a scheme that nobody installs": Seed("data-scheme", packed({f"{STEM}.data/kernel/x": b""}), "no scheme"),
    "a local version": Seed(
        "local-version",
        wheel_dist(right_wheel().content, WHEEL_NAME.replace("1.0", "1.0+abc"), version="1.0+abc"),
    ),
    # RECORD.
    "no RECORD": Seed("record", first(lambda parts: parts[:-1]), "RECORD"),
    "RECORD with another hash": Seed(
        "record-hash",
        first(lambda parts: [changed(parts[0], data=b"VALUE = 2\n"), *parts[1:]]),
        "another hash",
    ),
    "RECORD with another size": Seed(
        "record-size",
        with_record(lambda rows: rows.replace(f",{len(CODE)}\n".encode(), b",7\n", 1)),
        "another size",
    ),
    "RECORD without a hash": Seed(
        "record-hash",
        with_record(lambda rows: b"demo_pkg/__init__.py,,\n" + rows.split(b"\n", 1)[1]),
        "without a sha256",
    ),
    "RECORD by md5": Seed(
        "record-hash",
        with_record(
            lambda rows: b"demo_pkg/__init__.py,md5=X03MO1qnZdYdgyfeuILPmQ,\n" + rows.split(b"\n", 1)[1]
        ),
        "without a sha256",
    ),
    "a file not in RECORD": Seed(
        "record-unlisted", first(lambda parts: [*parts, ZipPart(b"demo_pkg/extra.py", b"")]), "does not list"
    ),
    "an entry without a file": Seed(
        "record-missing",
        with_record(lambda rows: b"demo_pkg/gone.py,sha256=AAAA,1\n" + rows),
        "does not hold it",
    ),
    "an entry twice": Seed(
        "record-twice", with_record(lambda rows: rows.split(b"\n", 1)[0] + b"\n" + rows), "twice"
    ),
    "RECORD that is no CSV": Seed("record", with_record(lambda rows: b'"\n' + rows), "RECORD"),
    # Names.
    "a member twice": Seed("duplicate", first(lambda parts: [*parts, parts[0]]), "twice"),
    "a member twice but for case": Seed("duplicate", packed({"demo_pkg/A.txt": b"", "demo_pkg/a.txt": b""})),
    "a member twice but for accents": Seed(
        "duplicate",
        packed({ACCENT: b"", unicodedata.normalize("NFD", ACCENT): b""}),
        "one file on some systems",
    ),
    "a file that is a folder as well": Seed("duplicate", packed({"demo_pkg/x": b"", "demo_pkg/x/y": b""})),
    "a path upwards": Seed("path", packed({"../evil.py": b""}), "leads outside"),
    "a path upwards within": Seed("path", packed({"demo_pkg/../../evil.py": b""}), "leads outside"),
    "an absolute path": Seed("path", packed({"/etc/evil": b""}), "leads outside"),
    "a drive": Seed("path", packed({"C:/evil": b""}), "leads outside"),
    "a backslash": Seed("path", packed({"a\\..\\evil": b""}), "leads outside"),
    "a NUL in a name": Seed("path", packed({"demo_pkg/a\0.py": b""}), "control character"),
    "a line break in a name": Seed("path", packed({"demo_pkg/a\r\nX: y": b""}), "control character"),
    "a device of Windows": Seed("path", packed({"demo_pkg/aux.py": b""}), "Windows"),
    "a name without end": Seed("path", packed({"demo_pkg/" + "x" * 300: b""}), "longer than"),
    # What it is packed in.
    "a symlink": Seed("zip-kind", with_first(mode=0o120777), "a link"),
    "a device": Seed("zip-kind", with_first(mode=0o020644), "a device"),
    "a folder with content": Seed("zip-kind", first(lambda parts: [*parts, ZipPart(b"demo_pkg/d/", b"x")])),
    "data in front": Seed(
        "zip-structure", wheel_dist(zip_of(parts_of(wheel_files()), before=b"#!/bin/sh\n"))
    ),
    "data in front that is accounted for by nothing": Seed(
        "zip-structure", wheel_dist(b"#!/bin/sh\n" + right_wheel().content)
    ),
    "data behind": Seed("zip-structure", wheel_dist(right_wheel().content + b"more")),
    "two archives in one": Seed("zip-structure", wheel_dist(zip_code() + right_wheel().content)),
    "another archive behind": Seed("zip-structure", wheel_dist(right_wheel().content + zip_code())),
    "an archive in the comment": Seed(
        "zip-structure", wheel_dist(zip_of(parts_of(wheel_files()), comment=zip_code()))
    ),
    "data in front of the directory": Seed(
        "zip-structure", wheel_dist(zip_of(parts_of(wheel_files()), gap=b"x" * 40))
    ),
    "data between members": Seed("zip-structure", with_first(after=b"hidden"), "no member accounts for"),
    "a member that is not in the directory": Seed(
        "zip-structure",
        first(lambda parts: [*parts, ZipPart(b"demo_pkg/x.py", b"import evil\n", listed=False)]),
    ),
    "a directory that is longer than it says": Seed(
        "zip-structure", wheel_dist(zip_of(parts_of(wheel_files()), count=3))
    ),
    "a comment on a member": Seed("zip-comment", with_first(comment=b"PK"), "comment"),
    "another name in its own header": Seed(
        "zip-structure", with_first(local_name=b"demo_pkg/evil.py"), "own header"
    ),
    "another size in its own header": Seed("zip-structure", with_first(local_size=3), "other sizes"),
    "another checksum in its own header": Seed("zip-structure", with_first(local_crc=3), "other sizes"),
    "a data descriptor that lies": Seed(
        "zip-structure",
        with_first(descriptor=descriptor(CODE, len(ZipPart(b"", CODE).body()), crc=1)),
        "descriptor",
    ),
    "a data descriptor behind a stored member": Seed(
        "zip-structure", with_first(method=0, descriptor=descriptor(CODE, len(CODE))), "cannot know"
    ),
    "a zip64 record that lies": Seed(
        "zip-structure",
        wheel_dist(
            zip_of(
                parts_of(wheel_files()),
                wide=lambda count, length, start: zip64_end(count, length, start, count=1),
                full=True,
            )
        ),
    ),
    "a zip64 record that another reader does not see": Seed(
        "zip-structure",
        wheel_dist(
            zip_of(
                parts_of(wheel_files()), wide=lambda count, length, start: zip64_end(count - 1, length, start)
            )
        ),
        "do not agree",
    ),
    "a zip64 locator that leads elsewhere": Seed(
        "zip-structure",
        wheel_dist(
            zip_of(
                parts_of(wheel_files()),
                wide=lambda count, length, start: zip64_end(count, length, start, at=0),
                full=True,
            )
        ),
        "locator",
    ),
    "a zip64 field beside the sizes": Seed("zip-structure", with_first(extra=zip64_extra(1, 1)), "zip64"),
    "a second name in an extra field": Seed(
        "zip-structure", with_first(extra=struct.pack("<2H", 0x7075, 0)), "second name"
    ),
    "extra fields that cannot be read": Seed("zip-structure", with_first(extra=b"\1\0\xff"), "extra fields"),
    "two members in one place": Seed("zip-structure", overlapping(), "overlaps"),
    "an encrypted member": Seed("zip-encrypted", with_first(flags=1), "encrypted"),
    "an unusual compression": Seed(
        "zip-compression", with_first(method=12, packed=bz2.compress(CODE)), "method 12"
    ),
    "an unusual feature": Seed("zip-flags", with_first(flags=0x20), "unusual"),
    "a name in no known encoding": Seed("zip-name", with_first(name=b"demo_pkg/\xff.py"), "encoding"),
    "content of another checksum": Seed("zip-content", with_first(crc=1, local_crc=1), "checksum"),
    "content of another size": Seed("zip-content", with_first(size=3, local_size=3), "size"),
    "content that is damaged": Seed("zip-content", with_first(packed=b"\xff\xff\xff"), "damaged"),
    "content that goes on": Seed(
        "zip-content", with_first(packed=ZipPart(b"", CODE).body() + b"hidden"), "lies something else"
    ),
    "a bomb": Seed("structure", lambda: packed({"demo_pkg/bomb": BOMB}), "would unpack to more than"),
    "a bomb that lies about its size": Seed(
        "zip-content", lambda: with_first(packed=ZipPart(b"", BOMB).body()), "does not unpack to the size"
    ),
    "huge metadata": Seed(
        "metadata", lambda: packed(head=HEAD + b"Summary: " + b"x" * (9 << 20) + b"\n"), "more than 8 MiB"
    ),
    "more members than anybody needs": Seed(
        "zip-structure",
        wheel_dist(
            zip_of(
                parts_of(wheel_files()),
                wide=lambda _, length, start: zip64_end(100_001, length, start),
                full=True,
            )
        ),
        "more than 100000 members",
    ),
    "no archive at all": Seed("zip-structure", wheel_dist(b"PK")),
    # What it does to others.
    "a .pth": Seed("startup", packed({"demo_pkg.pth": b"import demo_pkg.hook\n"}), "every Python"),
    "a .pth for the search path": Seed("startup", packed({"demo.pth": b"demo_pkg\n"}), "every Python"),
    "a .pth that is named for a namespace": Seed(
        "startup", packed({"x-nspkg.pth": b"import os;os.system('x')\n"})
    ),
    "a .start": Seed("startup", packed({"demo_pkg.start": b"demo_pkg:hook\n"}), "every Python"),
    "a .pth by .data": Seed("startup", packed({f"{STEM}.data/purelib/x.pth": b"import x\n"}), "every Python"),
    "a .pth by a deeper .data": Seed(
        "startup", packed({f"{STEM}.data/data/lib/python3.12/site-packages/x.pth": b""})
    ),
    "sitecustomize": Seed("startup", packed({"sitecustomize.py": b""}), "every Python"),
    "usercustomize": Seed("startup", packed({"usercustomize/__init__.py": b""}), "every Python"),
    "pyvenv.cfg": Seed("startup", packed({f"{STEM}.data/data/pyvenv.cfg": b"home = /tmp\n"}), "every Python"),
    "pip.conf": Seed("startup", packed({f"{STEM}.data/data/pip.conf": b"[global]\n"})),
    "a script that shadows git": Seed("shadow", packed({f"{STEM}.data/scripts/git": b"#!/bin/sh\n"}), "git"),
    "a script that shadows pip": Seed("shadow", packed({f"{STEM}.data/scripts/pip3.12": b"#!/bin/sh\n"})),
    "a script that shadows python": Seed("shadow", packed({f"{STEM}.data/scripts/python.exe": b"MZ"})),
    "a script that shadows sudo by .data": Seed(
        "shadow", packed({f"{STEM}.data/data/bin/sudo": b"#!/bin/sh\n"})
    ),
    "an entry point that shadows ls": Seed(
        "shadow", packed({f"{INFO}/entry_points.txt": b"[console_scripts]\nls = demo_pkg:main\n"}), "ls"
    ),
    "an entry point that leads elsewhere": Seed(
        "entry-points", packed({f"{INFO}/entry_points.txt": b"[console_scripts]\n../../x = demo_pkg:main\n"})
    ),
    "entry points that cannot be read": Seed(
        "entry-points", packed({f"{INFO}/entry_points.txt": b"[console_scripts\n"})
    ),
    "bytecode without a source": Seed("bytecode", packed({"demo_pkg/hidden.pyc": PYC}), "without its source"),
    "bytecode that is not compared with its source": Seed(
        "bytecode", packed({"demo_pkg/__pycache__/__init__.cpython-312.pyc": PYC}), "without its source"
    ),
    "a module that does not parse": Seed("syntax", packed({"demo_pkg/broken.py": b"def f(:\n"}), "line 1"),
    "a module with a NUL": Seed("syntax", packed({"demo_pkg/broken.py": b"x = 1\0\n"}), "does not parse"),
    "a module that is too deep": Seed("syntax", packed({"demo_pkg/deep.py": b"(" * 5000 + b")" * 5000})),
    "a .env": Seed("secret-file", packed({"demo_pkg/.env": b"TOKEN=x\n"}), "a file for secrets"),
    "a .env of production": Seed("secret-file", packed({"demo_pkg/.env.production": b"TOKEN=x\n"})),
    "a .pypirc": Seed("secret-file", packed({"demo_pkg/.pypirc": b"[pypi]\n"})),
    "a private key": Seed(
        "secret", packed({"demo_pkg/key.py": b'KEY = """' + private_key() + b'"""\n'}), "private key"
    ),
    "a key of AWS": Seed(
        "secret", packed({"demo_pkg/settings.py": b"KEY = '" + secret("aws") + b"'\n"}), "AWS"
    ),
    "a token of GitHub": Seed(
        "secret", packed({"demo_pkg/settings.py": b"T = '" + secret("github") + b"'\n"}), "GitHub"
    ),
    "a token of GitLab": Seed(
        "secret", packed({"demo_pkg/ci.yml": b"t: " + secret("gitlab") + b"\n"}), "GitLab"
    ),
    "a token of an index": Seed(
        "secret", packed({"demo_pkg/conf.ini": b"p = " + secret("pypi") + b"\n"}), "package index"
    ),
    "a token of ours": Seed(
        "secret", packed({"demo_pkg/conf.ini": b"p = " + secret("own") + b"\n"}), "this kind of index"
    ),
    "a token of Slack": Seed(
        "secret", packed({"demo_pkg/bot.py": b"T = '" + secret("slack") + b"'\n"}), "Slack"
    ),
}

LONG = f"{STEM}/" + "x" * 120
FILE = TarPart(f"{STEM}/more.txt".encode(), b"text")

SEEDED_SDISTS: dict[str, Seed] = {
    "Name unlike the file name": Seed("metadata-name", tarball(head=metadata("evil", "1.0"))),
    "Version unlike the file name": Seed("metadata-number", tarball(head=metadata(NAME, "6.6"))),
    "a licence that is not there": Seed("license-file", tarball(head=HEAD + b"License-File: LICENSE\n")),
    "no PKG-INFO": Seed("pkg-info", sdist_dist(gzipped(tar_of(sdist_parts()[1:])))),
    "nothing that builds it": Seed(
        "sdist-build", sdist_dist(gzipped(tar_of([sdist_parts()[0], *sdist_parts()[2:]])))
    ),
    "a second folder": Seed("sdist-folder", tarball(TarPart(b"other/setup.py")), "exactly one folder"),
    "a folder of another name": Seed(
        "sdist-folder", sdist_dist(gzipped(tar_of(sdist_parts(top="demo-pkg-1.0"))))
    ),
    "a path upwards": Seed("path", tarball(TarPart(f"{STEM}/../../evil".encode())), "leads outside"),
    "an absolute path": Seed("path", tarball(TarPart(b"/etc/evil")), "leads outside"),
    "a member twice": Seed("duplicate", tarball(FILE, FILE), "twice"),
    "a member twice but for case": Seed(
        "duplicate",
        tarball(FILE, changed(FILE, name=FILE.name.upper().replace(STEM.upper().encode(), STEM.encode()))),
    ),
    "a symlink": Seed("structure", tarball(TarPart(FILE.name, kind=b"2", link=b"/etc/passwd")), "a link"),
    "a hard link": Seed("structure", tarball(TarPart(FILE.name, kind=b"1", link=b"/etc/passwd")), "a link"),
    "a device": Seed("structure", tarball(TarPart(FILE.name, kind=b"3")), "a device"),
    "a pipe": Seed("structure", tarball(TarPart(FILE.name, kind=b"6"))),
    "a sparse file": Seed("structure", tarball(TarPart(FILE.name, kind=b"S")), "sparse"),
    "a sparse file by pax": Seed("structure", tarball(pax(GNU__sparse__major="1"), FILE)),
    "a kind of the future": Seed("structure", tarball(changed(FILE, kind=b"Z"))),
    "two names": Seed(
        "structure", tarball(TarPart(b"././@LongLink", LONG.encode() + b"\0", b"L"), pax(path=LONG), FILE)
    ),
    "two extended headers": Seed("structure", tarball(pax(path=LONG), pax(path=f"{LONG}2"), FILE), "twice"),
    "a key twice in an extended header": Seed(
        "structure",
        tarball(TarPart(b"x", pax_record("path", LONG) + pax_record("path", f"{LONG}2"), b"x"), FILE),
    ),
    "one name for all": Seed(
        "structure", tarball(changed(pax(path=LONG), kind=b"g"), FILE), "one name for all"
    ),
    "a size that is told twice": Seed("structure", tarball(pax(size="512"), FILE), "two different sizes"),
    "a size in another notation": Seed("structure", tarball(changed(FILE, size=b"\x80" + bytes(10) + b"\4"))),
    "a size that is no number": Seed("structure", tarball(changed(FILE, size=b"0o4\0".ljust(12, b"\0")))),
    "a time that is no number": Seed("structure", tarball(changed(FILE, mtime=b"never".ljust(12, b"\0")))),
    "a time that no system can set": Seed(
        "structure", tarball(changed(FILE, mtime=b"\x80" + b"\1" * 11)), "take differently"
    ),
    "a time by pax that no system can set": Seed("structure", tarball(pax(mtime="9" * 30), FILE), "mtime"),
    "a wrong checksum": Seed("structure", tarball(changed(FILE, checksum=7)), "checksum"),
    "an old form of tar": Seed("structure", tarball(changed(FILE, magic=bytes(8))), "old or unknown form"),
    "a prefix that GNU tar does not read": Seed(
        "structure", tarball(changed(FILE, magic=b"ustar  \0", prefix=b"x"))
    ),
    "a name with data behind": Seed("structure", tarball(changed(FILE, name=FILE.name + b"\0hidden"))),
    "a file like a folder": Seed(
        "structure", tarball(TarPart(FILE.name + b"/", b"", b"0")), "named like a folder"
    ),
    "a folder with content": Seed("structure", tarball(TarPart(FILE.name, b"x", b"5")), "content of its own"),
    "data behind a member": Seed(
        "structure",
        sdist_dist(gzipped(FILE.block()[:-1] + b"x" + tar_of(sdist_parts()))),
        "no member accounts for",
    ),
    "data behind the end": Seed("structure", tarball(end=bytes(1024) + FILE.block()), "behind its end"),
    "one empty block in the middle": Seed("structure", tarball(end=bytes(512) + FILE.block() + bytes(1024))),
    "no end": Seed("structure", tarball(end=b"")),
    "data behind the gzip stream": Seed(
        "structure", sdist_dist(right_sdist().content + b"more"), "behind its gzip"
    ),
    "a second gzip stream": Seed("structure", sdist_dist(right_sdist().content + gzipped(FILE.block()))),
    "half a gzip stream": Seed("structure", sdist_dist(right_sdist().content[:-20]), "early"),
    "another compression": Seed("structure", sdist_dist(bz2.compress(tar_of(sdist_parts()))), "gzip"),
    "a bomb": Seed("structure", lambda: tarball(TarPart(FILE.name, BOMB)), "would unpack to more than"),
    "a bomb behind the end": Seed(
        "structure", lambda: tarball(end=bytes(65 << 20)), "would unpack to more than"
    ),
    "a .env": Seed("secret-file", tarred({".env": b"TOKEN=x\n"})),
    "a private key": Seed("secret", tarred({"deploy.pem": private_key()}), "private key"),
    "a token": Seed(
        "secret", tarred({"src/demo_pkg/settings.py": b"T = '" + secret("github") + b"'\n"}), "GitHub"
    ),
}

SEEDED: dict[str, Seed] = {
    **{f"wheel with {name}": seed for name, seed in SEEDED_WHEELS.items()},
    **{f"sdist with {name}": seed for name, seed in SEEDED_SDISTS.items()},
}
