"""Code from a contract, pure."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TypeAlias

from crucible_pipeline.contracts import snapshot
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.texts import content_of

Content: TypeAlias = str | bytes
Part: TypeAlias = Callable[[Contract], dict[str, Content]]


def generate(contract: Contract) -> dict[str, str]:
    """Generate both packages.

    Args:
        contract: what they say.

    Returns:
        `python/<path>` and `typescript/<path>` → text, sorted; the same for equal contracts.

    Raises:
        InvalidInput: everything that cannot be expressed faithfully.
    """
    found: dict[str, Content] = {}
    for parts in PARTS.values():
        for part in parts:
            found |= part(contract)
    return {name: text if isinstance(text, str) else text.decode() for name, text in sorted(found.items())}


def _below(target: str, files: Mapping[str, Content]) -> dict[str, Content]:
    return {f"{target}/{path}": content for path, content in files.items()}


# What makes a part is imported when it is made: a project without a TypeScript package pays for none.


def _python(contract: Contract) -> dict[str, Content]:
    from crucible_pipeline.generate.python import code  # noqa: PLC0415

    return _below("python", code(contract))


def _data(contract: Contract) -> dict[str, Content]:
    """The contract as data: in its canonical form, and its files as they are."""
    copies = {f"contracts/{path}": content_of(contract.sources, path) for path in contract.sources}
    return _below("python", {"contract.json": snapshot.dump(contract), **copies})


def _page(contract: Contract) -> dict[str, Content]:
    from crucible_pipeline.generate import reference  # noqa: PLC0415

    page = BytesIO()
    for piece in reference.pieces(contract):
        page.write(piece.encode())
    return _below("python", {reference.PATH: page.getvalue()})


def _typescript(contract: Contract) -> dict[str, Content]:
    from crucible_pipeline.generate.typescript import typescript  # noqa: PLC0415

    return _below("typescript", typescript(contract))


# Target → its parts; none needs another one. The part that may refuse most comes first.
PARTS: Mapping[str, tuple[Part, ...]] = {
    "python": (_python, _page, _data),
    "typescript": (_typescript,),
}
