"""What rewriting made of a service, as a value, and the commit that it becomes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packaging.version import Version

from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.upgrade.impact import Hit

NOT_INSTALLED = (
    "No line was given its new name, for libcst is missing: install crucible-pipeline with its extra upgrade."
)


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contract that a service was written for, and the one that it is to use."""

    old: Contract
    new: Contract

    @property
    def package(self) -> str:
        """What both are imported as."""
        return self.new.package.import_name


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What was rewritten.

    Args:
        files: path → new content, of those that change.
        done: the uses that need nothing more, sorted.
        notes: why nothing was, one sentence each.
    """

    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    done: Sequence[Hit] = ()
    notes: Sequence[str] = ()


def rewriting(sources: Mapping[str, bytes], hits: Sequence[Hit], contracts: Contracts) -> Rewriting:
    """Give uses their new names, where a service has any that can be; see `rewrite`.

    Args:
        sources: path → content of the service's Python files, as impact read them.
        hits: what impact found in them.
        contracts: between which impact looked.
    """
    if not any(hit.is_fixable for hit in hits):
        return Rewriting()
    try:
        # the parser takes longer to load than all the rest, and most services use nothing that was renamed
        from crucible_pipeline.upgrade.rewrite import rewrite  # noqa: PLC0415
    except ImportError:
        return Rewriting(notes=(NOT_INSTALLED,))
    return rewrite(sources, hits, contracts)


def subject(package: str, target: Version) -> str:
    """The first line of the commit's message."""
    return f"Use the new names of {package} {target}"


def body(done: Sequence[Hit]) -> str:
    """The rest of the message: what was changed, and by which rule."""
    lines = [f"- {hit.file}:{hit.line} {hit.symbol} becomes {hit.cause.instead} ({hit.rule})" for hit in done]
    return "\n".join(dict.fromkeys(lines))
