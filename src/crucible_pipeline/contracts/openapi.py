"""An OpenAPI 3 file, pure: its component schemas are contracts.

Paths, parameters and responses describe an interface that uses the contracts; they are left to the tools
of OpenAPI.
"""

import re

from crucible_pipeline.contracts.nodes import Findings, Node

_TOP = (
    "openapi",
    "info",
    "components",
    "jsonSchemaDialect",
    "paths",
    "webhooks",
    "servers",
    "security",
    "tags",
)
_COMPONENTS = ("schemas", "responses", "parameters", "examples", "requestBodies", "headers")
_COMPONENTS_TOO = ("securitySchemes", "links", "callbacks", "pathItems")


def check(root: Node, findings: Findings) -> None:
    """Report what is wrong around the schemas."""
    entries = findings.mapping(root, "an OpenAPI file")
    findings.only(entries, [*_TOP, "externalDocs"], "OpenAPI")
    version = entries["openapi"]
    if not isinstance(version.value, str) or re.fullmatch(r"3\.[01]\.\d+", version.value) is None:
        findings.add(version.mark, f"OpenAPI {version.json()} is not supported", "write it as OpenAPI 3.1.0")
    if "components" in entries:
        components = findings.mapping(entries["components"], "components")
        findings.only(components, [*_COMPONENTS, *_COMPONENTS_TOO], "components")
        if "schemas" in components:
            findings.mapping(components["schemas"], "schemas")


def description(root: Node, findings: Findings) -> str | None:
    """What `info` says about the file (OpenAPI and AsyncAPI alike)."""
    if "info" not in root.entries:
        return None
    info = findings.mapping(root.entries["info"], "info")
    words = info.get("description", info.get("title"))
    return findings.text(words, "description") if words is not None else None
