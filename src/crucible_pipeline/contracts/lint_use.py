"""Lint of use, pure: what nothing refers to, and channels and events that do not belong together."""

from collections.abc import Iterator

from crucible_pipeline.contracts.declare import Source
from crucible_pipeline.contracts.lint_rule import ERROR, WARNING, Finding, Row, Rule, Subject
from crucible_pipeline.contracts.model import Contract, Schema, TypeDef
from crucible_pipeline.contracts.nodes import Node
from crucible_pipeline.contracts.places import pointer
from crucible_pipeline.errors import Mark


def _payloads(subject: Subject) -> Iterator[Finding]:
    """What the loader lets pass: a payload that says nothing."""
    for channel in subject.contract.channels.values():
        for message in channel.messages:
            said = subject.contract.resolve(message.payload)
            if said.always is True or said == Schema(description=said.description, title=said.title):
                what = f"the payload of the message {message.name!r} accepts anything"
                yield Finding(message.mark, what, "refer to the schema of its payload")


def _events(subject: Subject) -> Iterator[Finding]:
    if not subject.contract.channels:
        return
    todo = "let a message of a channel carry it, or mark it with `x-audit: true` if it is never published"
    for found in _unused(subject):
        if _is_event(found):
            yield Finding(found.mark, f"no channel carries the event {found.name}", todo)
    for path, name, node in _loose_messages(subject):
        mark = Mark(_shown(subject, path), node.key.line, node.key.column)
        yield Finding(mark, f"no channel carries the message {name!r}", "add it to a channel or remove it")


def _schemas(subject: Subject) -> Iterator[Finding]:
    for found in _unused(subject):
        if not (_is_event(found) and subject.contract.channels):
            what = f"nothing refers to the type {found.name}"
            yield Finding(found.mark, what, "remove it, or refer to it where it is meant")


def _is_event(found: TypeDef) -> bool:
    return found.name.endswith("Event")


def _unused(subject: Subject) -> Iterator[TypeDef]:
    """The types that no reader can meet.

    A type of a file of its own, or of an OpenAPI file without paths, is there for services to use, so
    nothing has to refer to it. One of an AsyncAPI file is there for its messages; one below `$defs` for the
    schema around it; one of an OpenAPI file with paths for these; and an event, wherever it stands, for a
    channel if there are any.
    """
    contract = subject.contract
    # most files hold nothing of the kind, and reading them a second time would be for nothing
    if not any(word in text for text in contract.sources.values() for word in _MAY_HOLD_UNUSED):
        return
    inner = set(_inner_types(subject))
    used = _reached(contract, {*_roots(subject), *(contract.types.keys() - inner)})
    for name in sorted(inner - used):
        yield contract.types[name]


_MAY_HOLD_UNUSED = ("asyncapi", "paths", "webhooks", "$defs", "definitions")


def _inner_types(subject: Subject) -> Iterator[str]:
    """The types that are there only for something beside them."""
    for (path, place), name in subject.declared.types.items():
        source = subject.sources[path]
        depends = source.kind == "asyncapi" or any(
            source.root.entries[key].entries for key in ("paths", "webhooks") if key in source.root.entries
        )
        is_part = "/$defs/" in place or "/definitions/" in place
        depends |= bool(subject.contract.channels) and name.endswith("Event")
        node = source.types.get(name)
        is_audit = node is not None and "x-audit" in node.entries and node.entries["x-audit"].value is True
        if name in subject.contract.types and (is_part or depends) and not is_audit:
            yield name


def _roots(subject: Subject) -> Iterator[str]:
    """The types named from outside the schemas: by messages, paths, state machines."""
    for machine in subject.contract.machines.values():
        yield machine.enum
    for path, source in subject.sources.items():
        if source.kind in {"openapi", "asyncapi"}:
            for ref in _refs_outside_schemas(source):
                name = subject.declared.types.get(subject.declared.place(path, ref))
                if name is not None:
                    yield name


def _refs_outside_schemas(source: Source) -> Iterator[str]:
    components = source.root.entries.get("components")
    around = [node for key, node in source.root.entries.items() if key != "components"]
    if components is not None:
        around += [node for key, node in components.entries.items() if key != "schemas"]
    yield from _refs(around)


def _refs(nodes: list[Node]) -> Iterator[str]:
    todo = list(nodes)
    while todo:
        node = todo.pop()
        ref = node.entries.get("$ref")
        if ref is not None and isinstance(ref.value, str):
            yield ref.value
        todo += [*node.entries.values(), *node.items]


def _reached(contract: Contract, roots: set[str]) -> set[str]:
    reached: set[str] = set()
    todo = [name for name in roots if name in contract.types]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [part.ref for part in contract.types[name].schema.walk() if part.ref is not None]
    return reached


def _loose_messages(subject: Subject) -> Iterator[tuple[str, str, Node]]:
    """The messages under `components` that no channel of any file refers to."""
    named: set[tuple[str, str]] = set()
    for path, source in subject.sources.items():
        channels = source.root.entries.get("channels")
        if source.kind == "asyncapi" and channels is not None:
            named |= {subject.declared.place(path, ref) for ref in _refs([channels])}
    for (path, place), node in subject.declared.messages.items():
        head = pointer("components", "messages") + "/"
        if place.startswith(head) and (path, place) not in named:
            yield path, place.removeprefix(head), node


def _shown(subject: Subject, path: str) -> str:
    """A file as the user knows it; every mark of a type of the same contract begins with the same folder."""
    contract = subject.contract
    marks = [found.mark for found in contract.types.values()]
    marks += [found.mark for found in contract.channels.values()]
    for mark in marks:
        for other in contract.sources:
            if mark.file.endswith(f"/{other}"):
                return mark.file.removesuffix(other) + path
    return path


NO_PAYLOAD = Row(
    "channel-without-payload",
    ERROR,
    "A channel without a payload lets every service send what it likes, and nobody can validate it.",
    "say under messages which schema each message of the channel has",
)
RULES = (
    Rule(NO_PAYLOAD, _payloads),
    Rule(
        Row(
            "event-without-channel",
            ERROR,
            "An event that no channel carries is never sent, or is sent on a channel that is in no contract.",
            "declare the channel, or mark a record that is only stored with `x-audit: true`",
        ),
        _events,
    ),
    Rule(
        Row(
            "schema-unused",
            WARNING,
            "A type that nothing refers to still becomes code that every service installs.",
            "remove it, or refer to it where it is meant",
        ),
        _schemas,
    ),
)
