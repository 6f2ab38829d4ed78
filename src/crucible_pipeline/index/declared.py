"""What a distribution says of itself: METADATA and PKG-INFO, the WHEEL file, entry points. Pure.

Source: core metadata 2.1 to 2.5 (PEP 566, 643, 685, 639, 794), the binary distribution format (PEP 427, 425,
491) and the entry points specification.
"""

import configparser
import email.parser
import re
from collections.abc import Collection, Iterable, Iterator
from email.policy import compat32

from packaging import errors
from packaging.metadata import InvalidMetadata, Metadata, RawMetadata, parse_email
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from crucible_pipeline.index.fault import Fault, plain, quoted
from crucible_pipeline.index.names import Filename

# 2.0 was never standardized, and builders of its time wrote it all the same; before came 1.0 to 1.2.
METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5")
_STRICT_FROM = METADATA_VERSIONS.index("2.1")
_LICENSES_FROM = METADATA_VERSIONS.index("2.4")
_REBUILD = "build it again from a project whose metadata is right"
_LABELS = (("metadata_version", "Metadata-Version"), ("name", "Name"), ("version", "Version"))


def metadata_faults(filename: Filename, raw: RawMetadata, strange: Collection[str]) -> Iterator[Fault]:
    """What is wrong with core metadata.

    Args:
        filename: what the file's name says.
        raw: the fields as `packaging` takes them apart.
        strange: the names of fields that it could not understand, or that came more often than they may.
    """
    for key, label in _LABELS:
        if key not in raw:
            yield Fault("metadata-field", f"has metadata with no (or more than one) {label}", _REBUILD)
    stated = raw.get("metadata_version", METADATA_VERSIONS[-1])
    if stated not in METADATA_VERSIONS:
        yield Fault(
            "metadata-version",
            f"has metadata that is of version {quoted(stated)}, which this index does not know",
            f"use one of {', '.join(METADATA_VERSIONS[_STRICT_FROM:])}",
        )
        return
    name, version = raw.get("name"), raw.get("version")
    if name is not None and canonicalize_name(name) != filename.project:
        yield Fault("metadata-name", f"has metadata that names the project {quoted(name)}", _REBUILD)
    if version is not None and not _same(version, filename.version):
        yield Fault("metadata-number", f"has metadata that names the version {quoted(version)}", _REBUILD)
    old = METADATA_VERSIONS.index(stated) < _STRICT_FROM
    # Builders wrote a field before its version was out, so each field is judged by the newest.
    yield from _invalid({**raw, "metadata_version": METADATA_VERSIONS[-1]}, only=_RELIED_ON if old else None)
    if old:
        return
    for field in sorted(set(strange) & _SINGLE):
        yield Fault(
            "metadata-field", f"has metadata with {quoted(field)} more than once or unreadable", _REBUILD
        )


# What installers take from a wheel, or resolve by.
_RELIED_ON = frozenset({"requires-python", "requires-dist", "provides-extra"})
_SINGLE = frozenset({"requires-python", "summary", "license-expression", "description-content-type"})


def _invalid(raw: RawMetadata, only: Collection[str] | None) -> Iterator[Fault]:
    try:
        Metadata.from_raw(raw, validate=True)
    except errors.ExceptionGroup as group:
        for error in group.exceptions:
            field = error.field if isinstance(error, InvalidMetadata) else ""
            if field in {"name", "version", "metadata-version"} and field.replace("-", "_") not in raw:
                continue
            if only is None or field in only:
                told = " ".join(str(error).split())
                yield Fault("metadata-field", f"has metadata that is wrong: {plain(told)}", _REBUILD)


def license_files(raw: RawMetadata) -> list[str]:
    """The files that come along as licences (PEP 639); none before metadata 2.4, which says where."""
    stated = raw.get("metadata_version", "")
    if stated not in METADATA_VERSIONS[_LICENSES_FROM:]:
        return []
    return list(raw.get("license_files", ()))


def wheel_faults(filename: Filename, text: bytes) -> Iterator[Fault]:
    """What is wrong with a WHEEL file.

    Args:
        filename: what the wheel's name says; the tags have to be those.
        text: the file.
    """
    message = email.parser.BytesParser(policy=compat32).parsebytes(text)
    version = message.get_all("Wheel-Version", [])
    if len(version) != 1 or not re.fullmatch(r"1\.[0-9]+", str(version[0]).strip()):
        yield Fault("wheel-file", "has a WHEEL file without a Wheel-Version 1.x", _REBUILD)
    pure = message.get_all("Root-Is-Purelib", [])
    if len(pure) != 1 or str(pure[0]).strip().lower() not in {"true", "false"}:
        yield Fault("wheel-file", "has a WHEEL file that does not say once whether Root-Is-Purelib", _REBUILD)
    build, tags = filename.variant[0], frozenset(filename.variant[1:])
    try:
        # Some builders keep compressed tags, and fold long lines.
        lines = ("".join(str(each).split()) for each in message.get_all("Tag", []))
        stated = {str(tag) for line in lines for tag in parse_tag(line)}
    except ValueError:
        stated = set[str]()
    # Installers go by the name; some builders widen it afterwards.
    if not stated or not stated <= tags:
        shown = ", ".join(sorted(stated)) or "none"
        yield Fault("wheel-tags", f"has a WHEEL file with other tags than its name: {plain(shown)}", _REBUILD)
    number = [str(each).strip() for each in message.get_all("Build", [])]
    if number and number != [build]:
        yield Fault("wheel-tags", "has a WHEEL file with another build number than its name", _REBUILD)


def scripts_of(text: bytes) -> tuple[list[str], list[Fault]]:
    """The programs that entry points make, and what is wrong with how they are written."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # names keep their case
    try:
        parser.read_string(text.decode("utf-8"))
    except (UnicodeDecodeError, configparser.Error) as error:
        told = str(error).splitlines()[0]
        return [], [Fault("entry-points", f"has entry points that cannot be read: {quoted(told)}", _REBUILD)]
    groups = [group for group in ("console_scripts", "gui_scripts") if parser.has_section(group)]
    names = [name for group in groups for name in parser.options(group)]
    faults = [
        Fault(
            "entry-points",
            f"has an entry point {quoted(name)}, which is no name of a program",
            "use letters, digits and . _ - in the names of scripts",
        )
        for name in names
        if not re.fullmatch(r"[\w][\w. +-]*", name)
    ]
    return names, faults


def dist_info_of(filename: Filename, names: Iterable[str]) -> tuple[str | None, list[Fault]]:
    """The one `.dist-info` folder, whose name has to agree with the file's."""
    top = {name.partition("/")[0] for name in names if "/" in name}
    folders = sorted(name for name in top if name.endswith(".dist-info"))
    if len(folders) != 1:
        found = ", ".join(map(quoted, folders[:3])) or "none"
        return None, [Fault("dist-info", f"needs exactly one .dist-info folder and has {found}", _REBUILD)]
    name, _, version = folders[0].removesuffix(".dist-info").rpartition("-")
    if canonicalize_name(name) == filename.project and _same(version, filename.version):
        return folders[0], []
    return folders[0], [
        Fault("dist-info", f"holds {quoted(folders[0])}, which is another name or version", _REBUILD)
    ]


def fields_of(text: bytes) -> tuple[RawMetadata, set[str]]:
    """Take core metadata apart; also the names of what could not be understood."""
    raw, strange = parse_email(text)
    return raw, set(strange)


def _same(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False


def modules_of(raw: RawMetadata) -> list[str]:
    """The top-level names that metadata 2.5 states (PEP 794); empty where they state none."""
    stated = [*raw.get("import_names", ()), *raw.get("import_namespaces", ())]
    names = (each.partition(";")[0].strip() for each in stated)
    return sorted({name.partition(".")[0] for name in names if name})
