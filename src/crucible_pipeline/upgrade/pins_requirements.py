"""Pins in requirements files, as pip reads them.

The line rules are those of pip's requirements file format: continuation lines are joined first, then
comments fall away, then a line is a requirement (PEP 508) with options after it, or options alone.
"""

import re
from dataclasses import replace

from packaging.utils import canonicalize_name

from crucible_pipeline.upgrade.lines import Line, Unreadable, logical_lines, options_at, options_of
from crucible_pipeline.upgrade.pins import Pin, mentions, requirement_pin

_HASH = re.compile(r"--hash(?:=|\s+)(?P<digest>[a-z0-9]+:[0-9a-fA-F]+)")


def find_pins(path: str, text: str, project: str) -> list[Pin]:
    """Every requirement of a project in one requirements or constraints file.

    Args:
        path: of the file; kept in the pins.
        text: its content, any line ends.
        project: any spelling of the name (PEP 503).
    """
    wanted = canonicalize_name(project)
    mentioned = mentions(project)
    pins: list[Pin] = []
    for line in logical_lines(text):
        if not mentioned.search(line.characters):
            continue
        options = options_at(line.characters)
        requirement = line.cut(0, len(line.characters[:options].rstrip()))
        pin = requirement_pin(path, text, requirement if requirement.characters else line, wanted)
        if pin is not None:
            pins.append(_with_options(pin, line.cut(options, len(line.characters))))
    return pins


def _with_options(pin: Pin, line: Line) -> Pin:
    try:
        hashes = options_of(line.characters)["--hash"] or []
    except Unreadable:
        return replace(pin, fixed="the options beside it cannot be read")
    found = list(_HASH.finditer(line.characters))
    if [match["digest"] for match in found] != hashes:
        return replace(pin, fixed="its hashes are written in an unusual way")
    spans = tuple((line.offsets[match.start()], line.offsets[match.end() - 1] + 1) for match in found)
    return replace(pin, hashes=spans)
