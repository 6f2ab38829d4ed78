"""Channels of an AsyncAPI 3 file, pure (AsyncAPI 3.0: Channel Object, Message Object)."""

import re
from collections.abc import Mapping
from dataclasses import replace

from crucible_pipeline.contracts import names, schema
from crucible_pipeline.contracts.keywords import former_names
from crucible_pipeline.contracts.model import DEPRECATED, RENAMED, Channel, Message
from crucible_pipeline.contracts.nodes import Findings, Node
from crucible_pipeline.contracts.refs import Here, refers

_TOP = ("asyncapi", "info", "channels", "components", "id", "servers", "defaultContentType", "operations")
_COMPONENTS = ("schemas", "messages")
_CHANNEL = ("address", "messages", "parameters", "description", "title", "summary", "tags", "externalDocs")
_CHANNEL_WORDS = ("bindings", "servers", RENAMED, DEPRECATED)
_MESSAGE = ("name", "title", "summary", "description", "payload", "headers", "contentType", "examples")
_MESSAGE_WORDS = ("tags", "externalDocs", "bindings", "correlationId")
_PARAMETER = ("description", "examples", "location")
# The rule whose page explains it (lint_use).
NO_PAYLOAD = "channel-without-payload"
_NAME_IN_ADDRESS = re.compile(r"\{([^{}]*)\}")


def read(root: Node, module: str, here: Here) -> list[Channel]:
    """Read the channels of one file.

    Operations and servers say who speaks to whom over what; they are deployment and no part of a contract.
    """
    entries = here.findings.mapping(root, "an AsyncAPI file")
    here.findings.only(entries, _TOP, "AsyncAPI")
    _check_version(entries["asyncapi"], here.findings)
    if "components" in entries:
        here.findings.only(
            here.findings.mapping(entries["components"], "components"), _COMPONENTS, "components"
        )
    if "channels" not in entries:
        return []
    channels = here.findings.mapping(entries["channels"], "channels")
    return [found for key, node in channels.items() if (found := _channel(key, node, module, here))]


def _check_version(node: Node, findings: Findings) -> None:
    if not isinstance(node.value, str) or re.fullmatch(r"3\.\d+\.\d+", node.value) is None:
        findings.add(node.mark, f"AsyncAPI {node.json()} is not supported", "write it as AsyncAPI 3.0.0")


def _channel(key: str, node: Node, module: str, here: Here) -> Channel | None:
    findings = here.findings
    entries = findings.mapping(node, f"the channel {key!r}")
    findings.only(entries, [*_CHANNEL, *_CHANNEL_WORDS], f"the channel {key!r}")
    if not names.is_usable(names.snake(key)):
        findings.add(node.key, f"{key!r} cannot name a channel", "take a name in camelCase")
    description = findings.text(entries["description"], "description") if "description" in entries else None
    address = findings.text(entries["address"], "address") if "address" in entries else None
    if "address" not in entries:
        findings.add(node.key, f"the channel {key!r} has no address", "write the name that the services use")
    parameters = _parameters(key, node, entries, address, here)
    given = [*findings.mapping(entries["messages"], "messages").items()] if "messages" in entries else []
    if not given:
        what = f"the channel {key!r} has no message"
        findings.add(node.key, what, "say under messages what travels on it", NO_PAYLOAD)
    messages = tuple(found for name, child in given if (found := _message(name, child, here)))
    if address is None or not messages:
        return None
    former = former_names(entries[RENAMED], findings, RENAMED) if RENAMED in entries else ()
    for one in former:
        if not names.is_usable(names.snake(one)):
            what = f"{one!r} cannot have named a channel"
            findings.add(entries[RENAMED].mark, what, "write its key as it was, in camelCase")
    old = _deprecated(entries[DEPRECATED], findings) if DEPRECATED in entries else None
    return Channel(key, module, address, messages, parameters, description, node.key, former, old)


def _deprecated(node: Node, findings: Findings) -> str | None:
    """`true`, or a text that says what to use instead; AsyncAPI has no word of its own for it."""
    if isinstance(node.value, bool):
        return "" if node.value else None
    return findings.text(node, DEPRECATED)


def _parameters(
    key: str, node: Node, entries: Mapping[str, Node], address: str | None, here: Here
) -> dict[str, str]:
    findings = here.findings
    found: dict[str, str] = {}
    if "parameters" in entries:
        for name, child in findings.mapping(entries["parameters"], "parameters").items():
            parts = findings.mapping(child, f"the parameter {name!r}")
            findings.only(parts, _PARAMETER, f"the parameter {name!r}")
            words = parts.get("description")
            found[name] = (findings.text(words, "description") or "") if words is not None else ""
            if not names.is_usable(name):
                findings.add(child.key, f"{name!r} cannot name a parameter", "take an identifier")
    if address is None:
        return found
    used = _NAME_IN_ADDRESS.findall(address)
    place = entries["address"].mark
    if len(used) != len(set(used)) or "{" in _NAME_IN_ADDRESS.sub("", address):
        findings.add(place, f"the address {address!r} is malformed", "write each parameter once, as {name}")
    for name in sorted(set(used) - set(found)):
        findings.add(
            place, f"the parameter {name!r} of the address is not declared", "add it under parameters"
        )
    for name in sorted(set(found) - set(used)):
        what = f"the parameter {name!r} is not in the address of {key!r}"
        findings.add(node.key, what, f"write {{{name}}} into the address or remove it")
    return found


def _message(name: str, node: Node, here: Here) -> Message | None:
    ref = refers(node)
    if ref is not None:
        target = here.message(ref)
        if target is None:
            return None
        found, there = target
        if refers(found) is not None:
            here.findings.add(ref.mark, "the $ref leads to another $ref", "refer to the message itself")
            return None
        message = _message(name, found, there)
        return replace(message, mark=node.key) if message else None
    findings = here.findings
    entries = findings.mapping(node, f"the message {name!r}")
    findings.only(entries, [*_MESSAGE, *_MESSAGE_WORDS], f"the message {name!r}")
    content = entries.get("contentType")
    if content is not None and content.value != "application/json":
        findings.add(
            content.mark, f"the content type {content.json()} is not supported", "use application/json"
        )
    if "payload" not in entries:
        what = f"the message {name!r} has no payload"
        findings.add(node.key, what, "refer to the schema of its payload", NO_PAYLOAD)
        return None
    if "schemaFormat" in entries["payload"].entries:
        what = "a payload with its own schemaFormat is not supported"
        findings.add(entries["payload"].key, what, "write the schema itself")
        return None
    payload = schema.read(entries["payload"], here)
    if "examples" in entries:
        examples = findings.sequence(entries["examples"], "examples")
        given = [findings.mapping(item, "an example").get("payload") for item in examples]
        payload = replace(payload, examples=tuple(item.json() for item in given if item is not None))
    headers = schema.read(entries["headers"], here) if "headers" in entries else None
    words = findings.text(entries["description"], "description") if "description" in entries else None
    return Message(name, payload, headers, words, node.key)
