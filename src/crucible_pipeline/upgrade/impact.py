"""Impact: the lines of a service that use a name which a breaking contract change concerns.

Names are resolved by Python's scopes, by the annotations and calls that give a variable its type, and through
the modules of the service that hand them on. Nothing of the service is imported or run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crucible_pipeline.compat.change import Change
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.upgrade.file import File
from crucible_pipeline.upgrade.meaning import Meaning
from crucible_pipeline.upgrade.modules import ALL, Modules
from crucible_pipeline.upgrade.use import Span, Tier
from crucible_pipeline.upgrade.uses import Uses
from crucible_pipeline.upgrade.wanted import Cause, Wanted, wanted
from crucible_pipeline.version import Severity


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """One use of a name that a change concerns.

    Args:
        file: path as it was given.
        line: 1-based, where the name stands.
        symbol: the name as code has it (`EvaluationStatus.QUEUED`, `EvaluationRequest.timeout`); in quotes
            where it is a string equal to a removed value or address, which may be another one by chance.
        rule: id of the change's rule.
        span: of the name itself, in the line and perhaps below; empty where the text does not show it.
        cause: the change, and what to write instead.
        text: the line as it stands in the file.
        tier: how sure it is that the change concerns the line.
    """

    file: str
    line: int
    symbol: str
    rule: str
    span: Span
    cause: Cause = field(compare=False)
    text: str = field(compare=False)
    tier: Tier = field(compare=False)

    @property
    def breaks(self) -> bool:
        """Whether the line fails with the new contract; else it is warned, and has to be changed some day."""
        return self.cause.change.severity is Severity.BREAKING

    @property
    def is_text(self) -> bool:
        """Whether it is a text that may mean something else."""
        return self.symbol.startswith('"')

    @property
    def is_fixable(self) -> bool:
        """Whether the new name may be written in place of the old one without asking anybody."""
        written = (self.span.line, self.span.column) < (self.span.end_line, self.span.end_column)
        return bool(self.cause.instead) and written and self.tier is not Tier.POSSIBLE

    def as_json(self) -> dict[str, str | int]:
        """The object that JSON documents hold."""
        return {
            "file": self.file,
            "line": self.line,
            "symbol": self.symbol,
            "rule": self.rule,
            "tier": self.tier.value,
            "column": self.span.column + 1,
        }


@dataclass(frozen=True, slots=True)
class Impact:
    """What a release breaks in a service.

    Args:
        hits: sorted by file and line.
        unread: files that are no Python, with why.
        notes: what else was not looked at, one sentence each.
    """

    hits: tuple[Hit, ...] = ()
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def impact(changes: Iterable[Change], old: Contract, new: Contract, sources: Mapping[str, bytes]) -> Impact:
    """Find the lines of a service that breaking changes concern.

    Args:
        changes: from `old` to `new`; those that break nothing and rename nothing do not count.
        old: the contract that the service was written for.
        new: the contract it is to use.
        sources: path, as seen from the service's folder → content of its Python files. Files that hold none
            of the `needles` matter only where they import from files that do.
    """
    names = wanted(changes, old, new)
    strings = [one.encode("utf-8", "replace") for one in _needles(names, old)]
    if not strings:
        return Impact()
    modules = Modules(sources)
    imported = {path: modules.imported(path, content) for path, content in sources.items()}
    hits: set[Hit] = set()
    unread: list[str] = []
    for path in modules.order(imported):
        content = sources[path]
        is_near = any(_hands_on(modules.exports(module), some) for module, some in imported[path].items())
        if not is_near and not any(string in content for string in strings):
            continue
        try:
            hits |= _hits_in(File(path, content), names, old, modules)
        except (SyntaxError, ValueError) as error:
            place = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
            unread.append(f"{path}{place} is no Python and was not searched")
        except (RecursionError, MemoryError):
            unread.append(f"{path} is nested too deeply and was not searched")
    return Impact(tuple(sorted(hits)), tuple(sorted(unread)))


def _hands_on(exports: Mapping[str, Meaning], wanted_names: set[str]) -> bool:
    return bool(exports) and (ALL in wanted_names or not wanted_names.isdisjoint(exports))


def needles(changes: Iterable[Change], old: Contract, new: Contract) -> tuple[str, ...]:
    """Strings of which a file must hold one to be concerned by itself; none if no change concerns code."""
    return _needles(wanted(changes, old, new), old)


def _needles(names: Wanted, old: Contract) -> tuple[str, ...]:
    if names == Wanted():
        return ()
    texts = (one for one in names.literals if "\0" not in one)
    return (old.package.import_name, *(f"{quote}{one}{quote}" for one in texts for quote in "'\""))


def _hits_in(file: File, names: Wanted, old: Contract, modules: Modules) -> set[Hit]:
    uses = Uses(names, old, file, modules)
    uses.read()
    return {
        Hit(file.path, span.line, symbol, rule, span, cause, file.line(span.line), tier)
        for (span, symbol, rule), (cause, tier) in uses.found.items()
    }
