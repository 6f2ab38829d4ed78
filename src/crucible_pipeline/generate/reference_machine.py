"""State machines on the reference page: a diagram, and the same as a table, pure."""

from dataclasses import replace

from crucible_pipeline.contracts.model import Contract, StateMachine
from crucible_pipeline.generate import diagram, markup
from crucible_pipeline.generate.diagram import HEIGHT, Arrow, Box, Diagram
from crucible_pipeline.generate.markup import NOTHING, Html, empty, join, listed, tag
from crucible_pipeline.generate.python_enums import machine_name
from crucible_pipeline.generate.reference_types import cell, first, permalink, table, use
from crucible_pipeline.generate.reference_words import link, phrase, words

# A larger one is no picture any more.
MAX_STATES = 60
MAX_ARROWS = 240
# In pixels; a wider one is scrolled on a narrow screen, for its letters would be too small.
MAX_SQUEEZED = 480


def machine_section(contract: Contract, machine: StateMachine) -> Html:
    """A state machine with its anchor, its words, its diagram and its table."""
    machine = _whole(machine)
    anchor = markup.anchor("states", machine.enum)
    arrows = sum(len(following) for following in machine.transitions.values())
    drawable = len(machine.transitions) <= MAX_STATES and arrows <= MAX_ARROWS
    name = f"{machine.enum[:1].lower()}{machine.enum[1:]}Transitions"
    package = contract.package
    python = [
        machine_name(machine),
        *(machine.names[key] for key in ("machine", "update") if key in machine.names),
    ]
    return tag(
        "section",
        tag("h3", "States of ", tag("code", machine.enum), permalink(anchor)),
        words(machine.description),
        tag(
            "p",
            "Between the values of ",
            link(machine.enum),
            ". A state may always stay as it is.",
            class_="soft",
        ),
        _figure(machine) if drawable else NOTHING,
        _table(contract, machine),
        use(
            [f"from {package.import_name} import {', '.join(python)}"],
            [f"import {{ {name} }} from {markup.quoted(package.npm)};"],
        ),
        id=anchor,
        class_="item",
    )


def _whole(machine: StateMachine) -> StateMachine:
    """With a row for each state, also for one that is only led to."""
    named = [other for following in machine.transitions.values() for other in following]
    return replace(
        machine,
        transitions={state: machine.transitions.get(state, ()) for state in (*machine.transitions, *named)},
    )


def state_anchor(machine: StateMachine, state: str) -> str:
    """The anchor of a state's row."""
    return markup.anchor("state", machine.enum, state)


def _table(contract: Contract, machine: StateMachine) -> Html:
    schema = contract.types[machine.enum].schema if machine.enum in contract.types else None
    told: dict[str, str] = {}
    if schema is not None and schema.enum and len(schema.enum) == len(schema.enum_descriptions):
        told = {str(one): text for one, text in zip(schema.enum, schema.enum_descriptions, strict=True)}
    rows: list[Html] = []
    for state, following in machine.transitions.items():
        may = listed((_to(machine, other) for other in following), "or")
        kinds = [join([" ", tag("span", "start", class_="tag")])] if state in starts(machine) else []
        kinds += [] if following else [join([" ", tag("span", "final", class_="tag")])]
        rows.append(
            tag(
                "tr",
                first(tag("code", state), *kinds),
                cell(may if following else tag("span", "nothing else", class_="soft"), label="May become"),
                cell(phrase(told.get(state)), label="Meaning"),
                id=state_anchor(machine, state),
                role="row",
            )
        )
    return table(("State", "May become", "Meaning"), rows, "states")


def _to(machine: StateMachine, state: str) -> Html:
    return tag("a", tag("code", state), href=f"#{state_anchor(machine, state)}")


def starts(machine: StateMachine) -> set[str]:
    """The states that no other leads to."""
    entered = {
        other for state, following in machine.transitions.items() for other in following if other != state
    }
    return set(machine.transitions) - entered


def _figure(machine: StateMachine) -> Html:
    drawn = diagram.lay_out(machine.transitions)
    back = any(arrow.back for arrow in drawn.arrows)
    legend = {
        "a dot leads to where it starts": bool(starts(machine)),
        "a double frame is a final state": not all(machine.transitions.values()),
        "a dashed arrow is a way back": back,
    }
    told = "; ".join(text for text, holds in legend.items() if holds)
    return tag(
        "figure",
        tag(
            "div",
            _svg(machine, drawn),
            class_="scroll",
            tabindex=0,
            role="region",
            aria_label=f"Diagram of {machine.enum}",
        ),
        tag("figcaption", f"{told[0].upper()}{told[1:]}.") if told else None,
        class_="diagram",
    )


def _svg(machine: StateMachine, drawn: Diagram) -> Html:
    prefix = markup.anchor("diagram", machine.enum)
    heads = [_head(f"{prefix}-head", "head"), _head(f"{prefix}-back", "head back")]
    ways = "; ".join(
        f"{state} may become {', '.join(following)}" if following else f"{state} is final"
        for state, following in machine.transitions.items()
    )
    return tag(
        "svg",
        tag("title", f"State machine of {machine.enum}", id=f"{prefix}-title"),
        tag("desc", f"{ways}.", id=f"{prefix}-desc"),
        tag("defs", *heads),
        *(_arrow(arrow, prefix) for arrow in drawn.arrows),
        *(_box(box, machine) for box in drawn.boxes),
        viewBox=f"0 0 {drawn.width} {drawn.height}",
        width=drawn.width,
        height=drawn.height,
        class_="fits" if drawn.width <= MAX_SQUEEZED else None,
        role="img",
        aria_labelledby=f"{prefix}-title",
        aria_describedby=f"{prefix}-desc",
    )


def _head(name: str, class_: str) -> Html:
    arrow = empty("path", d="M0 0L8 4L0 8z", class_=class_)
    return tag(
        "marker",
        arrow,
        id=name,
        markerWidth=8,
        markerHeight=8,
        refX=7,
        refY=4,
        orient="auto",
        markerUnits="userSpaceOnUse",
    )


def _arrow(arrow: Arrow, prefix: str) -> Html:
    end = f"url(#{prefix}-{'back' if arrow.back else 'head'})"
    return tag(
        "path",
        tag("title", f"{arrow.edge[0]} → {arrow.edge[1]}"),
        d=arrow.path,
        class_="arrow back" if arrow.back else "arrow",
        marker_end=end,
    )


def _box(box: Box, machine: StateMachine) -> Html:
    left, top = box.x - box.width // 2, box.y - HEIGHT // 2
    parts = [
        tag("title", box.state),
        empty("rect", x=left, y=top, width=box.width, height=HEIGHT, rx=8, class_="state"),
    ]
    if not machine.transitions[box.state]:
        parts.append(
            empty("rect", x=left + 4, y=top + 4, width=box.width - 8, height=HEIGHT - 8, rx=5, class_="inner")
        )
    if box.state in starts(machine):
        parts.append(empty("circle", cx=box.x, cy=top - 24, r=5, class_="start"))
        parts.append(empty("path", d=f"M{box.x} {top - 19}V{top - 2}", class_="arrow"))
    parts.append(tag("text", box.label, x=box.x, y=box.y + 5))
    return tag("g", *parts, class_="box")
