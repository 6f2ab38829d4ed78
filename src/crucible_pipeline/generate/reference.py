"""The reference page of a contract, pure: one HTML page with everything in it, and no script."""

from collections.abc import Iterable, Iterator
from importlib.resources import files

from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.generate import markup
from crucible_pipeline.generate.markup import NOTHING, Html, join, tag
from crucible_pipeline.generate.reference_machine import machine_section
from crucible_pipeline.generate.reference_types import permalink, type_section
from crucible_pipeline.generate.reference_values import channel_section, constants_section
from crucible_pipeline.generate.reference_words import words
from crucible_pipeline.generate.text import MARK
from crucible_pipeline.generate.typescript_enums import with_named_enums

PATH = "reference.html"
_HEAD = f"<!DOCTYPE html><!-- {MARK} from the contracts; change those, then `crucible generate` -->\n"


def reference(contract: Contract) -> str:
    """The page; neither a version nor a date is on it.

    Args:
        contract: what is described.

    Returns:
        HTML that stands alone, in the order of the contract's files.

    Raises:
        InvalidInput: an inline enum's name is taken by another type.
    """
    whole = with_named_enums(contract)
    name = whole.package.distribution
    style = files("crucible_pipeline.generate").joinpath("pages", "reference.css").read_text("utf-8")
    head = tag(
        "head",
        Html(
            '\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        ),
        tag("title", f"{name} reference"),
        Html(f"\n<style>\n{style}</style>\n"),
    )
    main = tag("main", _opening(whole), *_sections(whole), id="content", tabindex=-1)
    skip = tag("a", "Skip to the content", href="#content", class_="skip")
    body = tag("body", "\n", skip, "\n", _contents(whole), "\n", main, "\n")
    return _HEAD + tag("html", "\n", head, "\n", body, "\n", lang="en").text + "\n"


def _opening(contract: Contract) -> Html:
    amounts = (
        (len(contract.types), "type"),
        (len(contract.channels), "channel"),
        (len(contract.machines), "state machine"),
        (len(contract.constants), "constant"),
    )
    counted = [f"{number} {what}{'' if number == 1 else 's'}" for number, what in amounts if number]
    package = contract.package
    told = f"In Python as {package.import_name}, in TypeScript as {package.npm}."
    return tag(
        "header",
        tag("h1", package.distribution, tag("span", " reference", class_="soft")),
        tag("p", markup.listed(counted, "and") if counted else "Nothing yet", ". ", told),
        tag(
            "p",
            "A field that is optional may be absent; it may be null only where null is named.",
            class_="soft",
        ),
    )


def _sections(contract: Contract) -> Iterator[Html]:
    """The four chapters, without those that would be empty."""
    yield from _chapter(
        "state-machines",
        "State machines",
        [machine_section(contract, machine) for machine in contract.machines.values()],
    )
    yield from _chapter(
        "channels", "Channels", [channel_section(contract, channel) for channel in contract.channels.values()]
    )
    yield from _chapter("types", "Types", [_module(contract, module) for module in _type_modules(contract)])
    yield from _chapter(
        "constants",
        "Constants",
        [constants_section(contract, module) for module in _constant_modules(contract)],
    )


def _chapter(anchor: str, title: str, parts: list[Html]) -> Iterator[Html]:
    if parts:
        heading = tag("h2", title, permalink(anchor))
        yield tag("section", "\n", heading, "\n", join(parts, "\n"), "\n", id=anchor, class_="chapter")


def _type_modules(contract: Contract) -> list[str]:
    return list(dict.fromkeys(item.module for item in contract.types.values()))


def _constant_modules(contract: Contract) -> list[str]:
    return list(dict.fromkeys(constant.module for constant in contract.constants.values()))


def _module(contract: Contract, module: str) -> Html:
    anchor = markup.anchor("module", module)
    return tag(
        "section",
        tag("h3", tag("code", module), permalink(anchor)),
        words(contract.module_descriptions.get(module)),
        *(type_section(contract, item) for item in contract.types.values() if item.module == module),
        id=anchor,
    )


def _contents(contract: Contract) -> Html:
    machines = ((markup.anchor("states", name), name) for name in contract.machines)
    channels = (
        (markup.anchor("channel", channel.key), channel.address) for channel in contract.channels.values()
    )
    groups = dict.fromkeys((constant.module, constant.group) for constant in contract.constants.values())
    constants = (
        (markup.anchor("constants", *pair), ".".join(part for part in pair if part)) for pair in groups
    )
    return tag(
        "nav",
        tag("p", contract.package.distribution, class_="home"),
        _entries("state-machines", "State machines", machines),
        _entries("channels", "Channels", channels),
        *_type_entries(contract),
        _entries("constants", "Constants", constants),
        aria_label="Contents",
    )


def _type_entries(contract: Contract) -> Iterator[Html]:
    if contract.types:
        yield tag("p", tag("a", "Types", href="#types"))
    for module in _type_modules(contract):
        named = [item.name for item in contract.types.values() if item.module == module]
        entries = ((markup.anchor("type", name), name) for name in named)
        yield tag("div", _entries(markup.anchor("module", module), module, entries), class_="within")


def _entries(anchor: str, title: str, entries: Iterable[tuple[str, str]]) -> Html:
    items = [tag("li", tag("a", name, href=f"#{target}")) for target, name in entries]
    if not items:
        return NOTHING
    return join([tag("p", tag("a", title, href=f"#{anchor}")), tag("ul", *items)])
