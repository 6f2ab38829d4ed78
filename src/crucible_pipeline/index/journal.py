"""What a server tells of its work: JSON, one object a line, or plain lines on a terminal. Writes to a stream.

A line is always one line, whatever a request held, and no token is ever in it.
"""

import contextlib
import json
import logging
import re
from collections.abc import Generator
from datetime import UTC, datetime
from typing import TextIO

LOG = logging.getLogger("crucible.index")
# No token of this index, nor one of its kind, leaves by way of a log, wherever it came from.
SECRETS = re.compile(
    r"(?i)\b(?:crucible|pypi)[-_][A-Za-z0-9_-]{20,}|\b(?:basic|bearer) +[A-Za-z0-9._~+/=-]{8,}"
)
MAX_LENGTH = 4000


@contextlib.contextmanager
def told_to(stream: TextIO) -> Generator[None]:
    """Send what the index tells to a stream, for as long as the block runs."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Plain() if stream.isatty() else _Json())
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.propagate = True


def hidden(text: str) -> str:
    """The text without what looks like a token."""
    return SECRETS.sub("(hidden)", text)[:MAX_LENGTH]


class _Json(logging.Formatter):
    """`time`, `level`, `message`, and what a record brings along as `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        row: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": hidden(record.getMessage()),
        }
        fields: dict[str, object] = getattr(record, "fields", {})
        for name, value in fields.items():
            row[name] = hidden(value) if isinstance(value, str) else value
        if record.exc_info:
            row["error"] = hidden(self.formatException(record.exc_info))
        return json.dumps(row, ensure_ascii=True)


class _Plain(logging.Formatter):
    """The message alone, without control characters that a terminal would obey."""

    def format(self, record: logging.LogRecord) -> str:
        text = hidden(record.getMessage())
        if record.exc_info:
            text += f" ({record.exc_info[1]!r})"
        return "".join(each if each.isprintable() else "?" for each in text)
