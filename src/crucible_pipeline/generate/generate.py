"""Code from a contract, pure."""

from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.generate import reference
from crucible_pipeline.generate.python import python
from crucible_pipeline.generate.typescript import typescript


def generate(contract: Contract) -> dict[str, str]:
    """Generate both packages.

    Args:
        contract: what they say.

    Returns:
        `python/<path>` and `typescript/<path>` → text, sorted; the same for equal contracts.

    Raises:
        InvalidInput: everything that cannot be expressed faithfully.
    """
    found = {f"python/{path}": text for path, text in python(contract).items()}
    found[f"python/{reference.PATH}"] = reference.reference(contract)
    found |= {f"typescript/{path}": text for path, text in typescript(contract).items()}
    return dict(sorted(found.items()))
