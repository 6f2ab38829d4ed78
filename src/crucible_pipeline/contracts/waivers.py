"""`waivers.yaml`, pure: breaking changes that were agreed to."""

import datetime as dt

from crucible_pipeline.contracts.model import Waiver
from crucible_pipeline.contracts.nodes import Findings, Node

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
        try:
            dt.date.fromisoformat(expires)
        except ValueError:
            what = f"{expires!r} is no date"
            findings.add(entries["expires"].mark, what, "write it as YYYY-MM-DD")
            continue
        found.append(Waiver(rule, element, reason, expires, item.mark))
    return tuple(found)
