"""Modules of constants, pure: each constant flat and in its group, and what it was called before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import Constant, Contract, JsonValue
from crucible_pipeline.contracts.names import upper
from crucible_pipeline.generate.python_former import (
    Former,
    Replaced,
    called,
    metaclass,
    module_end,
    places,
)
from crucible_pipeline.generate.text import (
    HEADER,
    Expression,
    assignment,
    class_head,
    docstring,
    imports,
    literal,
    sequence,
    subscript,
)

_START = "TYPE_CHECKING = False\nif TYPE_CHECKING:\n"


@dataclass(frozen=True, slots=True)
class FormerConstant:
    """A constant under a former name.

    Args:
        old: the constant as it was called, with today's value.
        now: the constant.
    """

    old: Constant
    now: Constant

    @property
    def place(self) -> str:
        """How code reaches the constant: `limits.EXECUTION.MAX_TIMEOUT_SECONDS`."""
        return ".".join(filter(None, (self.now.module, upper(self.now.group), upper(self.now.name))))

    @property
    def message(self) -> str:
        """Of the warning."""
        old = (self.old.module, upper(self.old.group), upper(self.old.name))
        return called(".".join(filter(None, old)), self.place)


def former_constants(contract: Contract) -> list[FormerConstant]:
    """Every former name of a constant."""
    found: list[FormerConstant] = []
    for path, heir in former.constants(contract).items():
        module, *group, name = path.split(".")
        now = contract.constants[heir]
        found.append(FormerConstant(replace(now, module=module, group="".join(group), name=name), now))
    return found


def modules(contract: Contract) -> list[str]:
    """The modules that hold constants, or held some."""
    now = {constant.module for constant in contract.constants.values()}
    return sorted(now | {one.old.module for one in former_constants(contract)})


def flat_name(constant: Constant) -> str:
    """A constant's name in its module: `EXECUTION_MAX_TIMEOUT_SECONDS`."""
    return upper(f"{constant.group}_{constant.name}")


def constants_module(contract: Contract, module: str) -> str:
    """Typed constants, each flat and in its group."""
    found = [constant for constant in contract.constants.values() if constant.module == module]
    gone = [one for one in former_constants(contract) if one.old.module == module]
    needed = {("__future__", "annotations", "annotations")}
    blocks: list[str] = []
    for group in filter(
        None, dict.fromkeys([*(one.group for one in found), *(one.old.group for one in gone)])
    ):
        renamed = [one for one in gone if one.old.group == group]
        blocks.append(_group(group, [one for one in found if one.group == group], renamed))
        needed.add(("._former", "Group", "Group") if renamed else ("._base", "Frozen", "Frozen"))
    flat = "".join(_constant(constant, flat_name(constant), 0) for constant in found)
    words = contract.module_descriptions.get(module) or f"Constants of {module}."
    marked = [("._base", "deprecated", "deprecated"), ("typing", "ClassVar", "ClassVar")]
    marked = marked if any(one.old.group for one in gone) else []
    late = imports([("typing", "Final", "Final"), *marked], 1)
    body = "\n\n".join([*blocks, *([flat] if flat else [])])
    end = module_end([replaced(one) for one in gone])
    head = f"{HEADER}{docstring(words)}\n{imports(sorted(needed))}\n{_START}{late}"
    return head + ("\n\n" if blocks else "\n") + body + end


def replaced(one: FormerConstant) -> Replaced:
    """A former constant as its module gives it; another module may have the constant by now."""
    name = flat_name(one.old)
    return Replaced(name, one.place, one.message, _assigned(one.old, name, 1).strip())


def _group(name: str, members: Iterable[Constant], gone: list[FormerConstant]) -> str:
    called_now = upper(name)
    body = "".join(_constant(constant, upper(constant.name), 1) for constant in members)
    words = docstring(f"Constants of the group {name}.", 1)
    if not gone:
        return f"{class_head(called_now, 'metaclass=Frozen')}{words}\n{body}"
    former_names = [Former(upper(one.old.name), _type(one.now.value), one.message) for one in gone]
    found: Mapping[str, tuple[str, str]] = {upper(one.old.name): (one.place, one.message) for one in gone}
    body += assignment("__former__", "ClassVar", places(found), 1) + "\n"
    before = metaclass(f"_{called_now}", "Group", former_names)
    return f"{before}{class_head(called_now, f'metaclass=_{called_now}')}{words}\n{body}"


def _type(value: JsonValue) -> Expression:
    if not isinstance(value, list):
        return _scalar(value)
    kinds = sorted({_scalar(item) for item in value})
    return subscript("tuple", " | ".join(kinds) or "object", "...")


def _scalar(value: JsonValue) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case _:
            return "None"


def _assigned(constant: Constant, name: str, depth: int) -> str:
    said = constant.value
    value = sequence([literal(item) for item in said]) if isinstance(said, list) else literal(said)
    return assignment(name, "Final", value, depth) + "\n"


def _constant(constant: Constant, name: str, depth: int) -> str:
    text = _assigned(constant, name, depth)
    return text + (docstring(constant.description, depth) if constant.description else "")
