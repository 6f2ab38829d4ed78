"""What a program of a service sees of the machine."""

import os


def environment() -> dict[str, str]:
    """The caller's environment without what could make an import succeed that an installation does not."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
