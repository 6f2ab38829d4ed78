"""The reference page of a contract, pure: one HTML page with everything in it, and no script."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

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
    return "".join(pieces(contract))


def pieces(contract: Contract) -> Iterator[str]:
    """The page in pieces, for that of a thousand types is too large to be held more than once."""
    whole = with_named_enums(contract)
    main = markup.around("main", chain([_opening(whole)], _sections(whole)), id="content", tabindex=-1)
    skip = tag("a", "Skip to the content", href="#content", class_="skip")
    body = markup.around("body", chain(["\n", skip, "\n", _contents(whole), "\n"], main, ["\n"]))
    page = markup.around("html", chain(["\n", _head(whole), "\n"], body, ["\n"]), lang="en")
    yield _HEAD
    yield from (piece.text for piece in page)
    yield "\n"


def _head(contract: Contract) -> Html:
    style = Path(__file__).with_name("pages").joinpath("reference.css").read_text("utf-8")
    return tag(
        "head",
        Html(
            '\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        ),
        tag("title", f"{contract.package.distribution} reference"),
        Html(f"\n<style>\n{style}</style>\n"),
    )


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
    machines = [[machine_section(contract, machine)] for machine in contract.machines.values()]
    yield from _chapter("state-machines", "State machines", machines)
    channels = [[channel_section(contract, channel)] for channel in contract.channels.values()]
    yield from _chapter("channels", "Channels", channels)
    yield from _chapter("types", "Types", [_module(contract, module) for module in _type_modules(contract)])
    constants = [[constants_section(contract, module)] for module in _constant_modules(contract)]
    yield from _chapter("constants", "Constants", constants)


def _chapter(anchor: str, title: str, parts: Sequence[Iterable[Html]]) -> Iterator[Html]:
    """A chapter; each of its parts comes in pieces."""
    if parts:
        line = Html("\n")
        begin = [line, tag("h2", title, permalink(anchor))]
        inside = chain(begin, *(chain([line], part) for part in parts), [line])
        yield from markup.around("section", inside, id=anchor, class_="chapter")


def _type_modules(contract: Contract) -> list[str]:
    return list(dict.fromkeys(item.module for item in contract.types.values()))


def _constant_modules(contract: Contract) -> list[str]:
    return list(dict.fromkeys(constant.module for constant in contract.constants.values()))


def _module(contract: Contract, module: str) -> Iterator[Html]:
    anchor = markup.anchor("module", module)
    begin = [
        tag("h3", tag("code", module), permalink(anchor)),
        words(contract.module_descriptions.get(module)),
    ]
    types = (type_section(contract, item) for item in contract.types.values() if item.module == module)
    return markup.around("section", chain(begin, types), id=anchor)


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
