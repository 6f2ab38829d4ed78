"""The little of a Dockerfile's grammar that the tests ask about."""

import re


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction as its word in capitals and the rest, continued lines joined, comments left out.

    Source: Dockerfile reference, sections "Format" and "Escape"; heredocs are not understood.
    """
    assert "<<" not in text
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    parts = [line.split(maxsplit=1) for line in joined.splitlines()]
    return [(word.upper(), rest) for word, rest in parts]
