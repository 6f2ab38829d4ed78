"""The formats that are asserted: a text either has the form or not.

Other words under `format` are annotations (JSON Schema 2020-12 validation, section 7.2.3). The generated
packages hold this file too, and a test keeps both the same; the npm package says the same in JavaScript.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# RFC 3987 section 2.2: what an IRI may hold beside the characters of a URI. The ends of the planes are none.
_PLANES = "".join(f"{chr(plane << 16)}-{chr((plane << 16) + 0xFFFD)}" for plane in range(1, 14))
_UCS = f"\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef{_PLANES}\U000e1000-\U000efffd"
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_CHARACTER = rf"[!#$&()*+,./0-9:;=?@A-Z\[\]_a-z~{_UCS}{_PRIVATE}\-]|%[0-9A-Fa-f]{{2}}"
_LETTER = "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})"
_VARIABLE = rf"{_LETTER}(?:\.?{_LETTER})*(?::[1-9][0-9]{{0,3}}|\*)?"


def _reference(more: str, own: str, *, relative: bool) -> str:
    """RFC 3986 appendix A; a group that matched is an address to look at."""
    plain = rf"A-Za-z0-9._~{more}\-"
    escaped = "%[0-9A-Fa-f]{2}"
    name = f"(?:[{plain}!$&'()*+,;=]|{escaped})*"
    char = f"(?:[{plain}!$&'()*+,;=:@]|{escaped})"
    first = f"(?:[{plain}!$&'()*+,;=@]|{escaped})"  # of a path without a scheme, where a colon would make one
    future = rf"v[0-9A-Fa-f]+\.[{plain}!$&'()*+,;=:]+"
    host = rf"(?:\[(?:([0-9A-Fa-f:.]+)|{future})\]|{name})"
    below = f"//(?:(?:[{plain}!$&'()*+,;=:]|{escaped})*@)?{host}(?::[0-9]*)?(?:/{char}*)*"
    rooted = f"/(?:{char}+(?:/{char}*)*)?"
    end = rf"(?:\?(?:{char}|[/?{own}])*)?(?:#(?:{char}|[/?])*)?"
    whole = rf"[A-Za-z][A-Za-z0-9+.\-]*:(?:{below}|{rooted}|{char}+(?:/{char}*)*)?"
    part = f"|(?:{below}|{rooted}|{first}+(?:/{char}*)*)?" if relative else ""
    return f"(?:{whole}{part}){end}"


_PATTERNS: Mapping[str, Callable[[], str]] = {
    "time": lambda: (
        r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9]|60)(?:\.[0-9]+)?"
        r"(?:[Zz]|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]))"
    ),
    # RFC 3986 section 3.2.2: four numbers without leading zeros.
    "ipv4": lambda: rf"{_BYTE}(?:\.{_BYTE}){{3}}",
    "uuid": lambda: r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    # RFC 3339 appendix A: units follow each other without a gap, weeks stand alone.
    "duration": lambda: (
        r"P(?=.)(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)?"
        r"(?:T(?=.)(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?)"
    ),
    "hostname": lambda: rf"{_LABEL}(?:\.{_LABEL})*",
    # RFC 5321 section 4.1.2, Local-part: atoms with dots, or a quoted text.
    "local": lambda: rf'{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*"',
    "uri": lambda: _reference("", "", relative=False),
    "uri-reference": lambda: _reference("", "", relative=True),
    "iri": lambda: _reference(_UCS, _PRIVATE, relative=False),
    "iri-reference": lambda: _reference(_UCS, _PRIVATE, relative=True),
    # RFC 6570 section 2.
    "uri-template": lambda: rf"(?:{_CHARACTER}|\{{[+#./;?&=,!@|]?{_VARIABLE}(?:,{_VARIABLE})*\}})*",
    # RFC 6901 section 3, and its relative form.
    "json-pointer": lambda: r"(?:/(?:[^~/]|~[01])*)*",
    "relative-json-pointer": lambda: r"(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~[01])*)*)",
    # RFC 4648 section 4.
    "byte": lambda: r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    # A fixed-point number of any size.
    "decimal": lambda: r"[+-]?[0-9]+(?:\.[0-9]+)?",
}


@cache
def _compiled(name: str) -> re.Pattern[str]:
    return re.compile(_PATTERNS[name](), re.ASCII)


def _matches(name: str) -> Callable[[str], bool]:
    return lambda text: _compiled(name).fullmatch(text) is not None


def is_date(text: str) -> bool:
    """RFC 3339 full-date of a day that Python's calendar has (years 1 to 9999)."""
    match = re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    if match is None:
        return False
    year, month, day = (int(part) for part in match.groups())
    if year == 0 or not 1 <= month <= 12:
        return False
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= day <= _DAYS[month - 1] + leap


def is_time(text: str) -> bool:
    """RFC 3339 full-time: with an offset; the 61st second exists at 23:59:60 UTC only."""
    match = _compiled("time").fullmatch(text)
    if match is None or match["second"] != "60":
        return match is not None
    minutes = int(match["hour"]) * 60 + int(match["minute"])
    if match["sign"]:
        offset = int(match["hours"]) * 60 + int(match["minutes"])
        minutes += offset if match["sign"] == "-" else -offset
    return minutes % 1440 == 1439


def is_date_time(text: str) -> bool:
    """RFC 3339 date-time: with an offset; no leap second, which Python's date-times cannot hold."""
    return text[10:11] in {"T", "t"} and text[17:19] != "60" and is_date(text[:10]) and is_time(text[11:])


def is_ipv6(text: str) -> bool:
    """RFC 4291 section 2.2, without a zone."""
    halves = text.split("::")
    if len(halves) > 2:
        return False
    groups = [group for half in halves if half for group in half.split(":")]
    quad = bool(groups) and bool(halves[-1]) and _matches("ipv4")(groups[-1])
    width = len(groups) + quad
    fits = width <= 7 if len(halves) == 2 else width == 8
    return fits and all(re.fullmatch("[0-9A-Fa-f]{1,4}", group) for group in groups[: len(groups) - quad])


def is_hostname(text: str) -> bool:
    """RFC 1123 section 2.1."""
    return len(text) <= 253 and _compiled("hostname").fullmatch(text) is not None


def is_email(text: str) -> bool:
    """RFC 5321 section 4.1.2, Mailbox."""
    local, _, domain = text.rpartition("@")
    if len(local) > 64 or _compiled("local").fullmatch(local) is None:
        return False
    if domain[:1] != "[" or domain[-1:] != "]":
        return is_hostname(domain)
    return is_ipv6(domain[6:-1]) if domain[1:6].lower() == "ipv6:" else _matches("ipv4")(domain[1:-1])


def _with_host(name: str) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        match = _compiled(name).fullmatch(text)
        return match is not None and all(is_ipv6(found) for found in match.groups() if found)

    return holds


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date-time": is_date_time,
    "date": is_date,
    "time": is_time,
    "ipv6": is_ipv6,
    "hostname": is_hostname,
    "email": is_email,
    **{name: _with_host(name) for name in ("uri", "uri-reference", "iri", "iri-reference")},
    **{name: _matches(name) for name in ("ipv4", "uuid", "duration", "byte", "decimal", "uri-template")},
    **{name: _matches(name) for name in ("json-pointer", "relative-json-pointer")},
}


def has_format(text: str, name: str) -> bool:
    """Whether a text has a format; every text has one that is not known here."""
    known = FORMATS.get(name)
    return known is None or known(text)
