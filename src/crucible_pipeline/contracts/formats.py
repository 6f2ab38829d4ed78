"""The formats that are asserted, pure: a string either has the form or not.

Other words under `format` are annotations (JSON Schema 2020-12 validation, section 7.2.3). The generated
models and this module agree on what a format means.
"""

import base64
import binascii
import datetime as dt
import ipaddress
import re
import uuid
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

_TIME = re.compile(
    r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PERIOD = r"(\d+Y(\d+M(\d+D)?)?|\d+M(\d+D)?|\d+D)"
_CLOCK = r"T(\d+H(\d+M(\d+S)?)?|\d+M(\d+S)?|\d+S)"
_DURATION = re.compile(rf"P(\d+W|{_PERIOD}({_CLOCK})?|{_CLOCK})", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def _date(text: str) -> bool:
    """RFC 3339, section 5.6: full-date."""
    if _DATE.fullmatch(text) is None:
        return False
    dt.date.fromisoformat(text)
    return True


def _time(text: str) -> bool:
    """RFC 3339, section 5.6: full-time; the 61st second exists at 23:59:60 UTC only."""
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    if match[2] != "60":
        return True
    hours, minutes = int(match[1]), int(text[3:5])
    if match[4] not in {"z", "Z"}:
        sign = -1 if match[4][0] == "+" else 1
        offset = sign * (int(match[4][1:3]) * 60 + int(match[4][4:6]))
        return (hours * 60 + minutes + offset) % 1440 == 1439
    return (hours, minutes) == (23, 59)


def _date_time(text: str) -> bool:
    """RFC 3339, section 5.6: date-time."""
    return text[10:11] in {"T", "t"} and _date(text[:10]) and _time(text[11:])


def _uuid(text: str) -> bool:
    """RFC 9562, section 4."""
    return _UUID.fullmatch(text) is not None and bool(uuid.UUID(text))


def _hostname(text: str) -> bool:
    """RFC 1123, section 2.1."""
    return 0 < len(text) <= 253 and all(_LABEL.fullmatch(label) for label in text.split("."))


def _email(text: str) -> bool:
    """RFC 5321, section 4.1.2, with a dot-string before the `@`."""
    local, _, domain = text.rpartition("@")
    if domain.startswith("[") and domain.endswith("]"):
        return _LOCAL.fullmatch(local) is not None and bool(
            ipaddress.ip_address(domain[1:-1].removeprefix("IPv6:"))
        )
    return len(local) <= 64 and _LOCAL.fullmatch(local) is not None and _hostname(domain)


def _uri(text: str) -> bool:
    """RFC 3986, section 3: with a scheme."""
    return _URI.fullmatch(text) is not None and urlsplit(text).port != -1


def _byte(text: str) -> bool:
    """RFC 4648, section 4: Base64."""
    base64.b64decode(text, validate=True)
    return True


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date-time": _date_time,
    "date": _date,
    "time": _time,
    "duration": lambda text: _DURATION.fullmatch(text) is not None,  # RFC 3339, appendix A
    "uuid": _uuid,
    "uri": _uri,
    "email": _email,
    "ipv4": lambda text: bool(ipaddress.IPv4Address(text)) or True,
    "ipv6": lambda text: "%" not in text and (bool(ipaddress.IPv6Address(text)) or True),
    "hostname": _hostname,
    "byte": _byte,
    "decimal": lambda text: _DECIMAL.fullmatch(text) is not None,
}


def has_format(text: str, name: str) -> bool:
    """Whether a string has a format; every string has one that is not known here."""
    known = FORMATS.get(name)
    try:
        return known is None or known(text)
    except (ValueError, binascii.Error):
        return False
