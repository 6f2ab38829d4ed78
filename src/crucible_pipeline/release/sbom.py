"""What a wheel consists of, as CycloneDX 1.6 JSON inside the wheel (PEP 770). Pure.

It says nothing of the machine or the moment: the time is the commit's and the serial number follows from
name, version and commit, so a second build gives the same bytes.
"""

import io
import json
import uuid
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crucible_pipeline.release.tagged import Tagged

NAME = "sboms/crucible.cdx.json"


@dataclass(frozen=True, slots=True)
class Made:
    """What a wheel was made from.

    Args:
        distribution: its name.
        version: its version.
        commit: that it was built from.
        tag: that names the version.
        time: of the commit, in seconds since 1970.
        requires: its run-time requirements (`Requires-Dist`).
        licence: SPDX expression; None where the metadata names none.
    """

    distribution: str
    version: str
    commit: str
    tag: str
    time: int
    requires: tuple[str, ...] = ()
    licence: str | None = None


def of(release: Tagged, wheel: bytes) -> bytes:
    """The SBOM of a release's wheel.

    Args:
        release: that was built.
        wheel: its metadata say what it requires; an SBOM that it holds already makes no difference.
    """
    read = metadata_of(wheel)
    return document(
        Made(
            release.project.package.distribution,
            str(release.version),
            release.commit,
            release.tag,
            release.time,
            tuple(read.get("requires_dist", ())),
            read.get("license_expression"),
        )
    )


def requires_of(wheel: bytes) -> tuple[str, ...]:
    """What a wheel requires without any extra (`Requires-Dist`)."""
    found = [Requirement(text) for text in metadata_of(wheel).get("requires_dist", ())]
    return tuple(str(one) for one in found if "extra" not in str(one.marker))


def metadata_of(wheel: bytes) -> RawMetadata:
    """What METADATA of a wheel says."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return parse_email(archive.read(name))[0]


def document(made: Made) -> bytes:
    """The SBOM of a wheel, as it lies in its `.dist-info`."""
    purl = f"pkg:pypi/{canonicalize_name(made.distribution)}@{made.version}"
    required = sorted(_required(made.requires), key=lambda each: str(each["bom-ref"]))
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{purl}?commit={made.commit}")
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": made.distribution,
        "version": made.version,
        "purl": purl,
        "properties": [
            {"name": "crucible:commit", "value": made.commit},
            {"name": "crucible:tag", "value": made.tag},
        ],
    }
    if made.licence:
        component["licenses"] = [{"expression": made.licence}]
    whole = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(made.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "crucible-pipeline"}]},
            "component": component,
        },
        "components": required,
        "dependencies": [
            {"ref": purl, "dependsOn": [each["bom-ref"] for each in required]},
            *({"ref": each["bom-ref"]} for each in required),
        ],
    }
    return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()


def _required(requires: Iterable[str]) -> list[dict[str, Any]]:
    """The direct requirements; what versions they become is decided where the wheel is installed."""
    found: dict[str, dict[str, Any]] = {}
    for text in requires:
        requirement = Requirement(text)
        purl = f"pkg:pypi/{canonicalize_name(requirement.name)}"
        wanted = {"name": "crucible:requirement", "value": str(requirement)}
        if purl in found:
            found[purl]["properties"].append(wanted)
        else:
            component = {"type": "library", "bom-ref": purl, "name": requirement.name, "purl": purl}
            found[purl] = {**component, "properties": [wanted]}
    return list(found.values())
