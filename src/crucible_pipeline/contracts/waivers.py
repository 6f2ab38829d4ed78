"""`waivers.yaml`, pure: breaking changes that were agreed to."""

import datetime as dt

from crucible_pipeline.contracts.compose import compose
from crucible_pipeline.contracts.nodes import Findings, Node
from crucible_pipeline.contracts.waiver import Waiver

_KEYS = ("rule", "element", "reason", "expires")


def read(root: Node, findings: Findings) -> tuple[Waiver, ...]:
    """Read the list of waivers; each has all four entries, `expires` as an ISO date."""
    found: list[Waiver] = []
    for item in findings.sequence(root, "a file of waivers"):
        entries = findings.mapping(item, "a waiver")
        findings.only(entries, _KEYS, "a waiver")
        missing = [key for key in _KEYS if key not in entries]
        if missing:
            findings.add(item.mark, f"the waiver has no {' and no '.join(missing)}", "add it")
            continue
        rule, element, reason, expires = (findings.text(entries[key], key) for key in _KEYS)
        if rule is None or element is None or reason is None or expires is None:
            continue
        if not reason.strip():
            findings.add(entries["reason"].mark, "the reason is empty", "say why the change is acceptable")
        if not _is_date(expires):
            what = f"{expires!r} is no date"
            findings.add(entries["expires"].mark, what, "write it as YYYY-MM-DD")
            continue
        waiver = Waiver(rule, element, reason, expires, item.mark)
        if any((one.rule, one.element) == (rule, element) for one in found):
            findings.add(item.mark, f"{rule} is waived twice for {element}", "remove one of the waivers")
        found.append(waiver)
    return tuple(found)


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def in_text(text: str, file: str) -> tuple[Waiver, ...]:
    """The waivers of a file whose contract is known to be valid, for the sake of their places.

    Args:
        text: of the file; what cannot be read in it yields nothing.
        file: its path, for the marks.
    """
    findings = Findings()
    root = compose(file, text, file, findings)
    return read(root, findings) if root is not None else ()
