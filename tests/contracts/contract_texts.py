"""Short ways to load texts in tests."""

from collections.abc import Mapping

import pytest

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package, Schema
from crucible_pipeline.errors import InvalidInput

PACKAGE = Package("acme-shared", "acme_shared", "@acme/shared")


def loaded(files: Mapping[str, str]) -> Contract:
    return load(files, PACKAGE)


def problems(files: Mapping[str, str]) -> list[str]:
    """Every problem as the user sees it."""
    with pytest.raises(InvalidInput) as caught:
        load(files, PACKAGE)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def components(schemas: str) -> str:
    """An OpenAPI file with these component schemas; their first line is line 4, column 5."""
    indented = "".join(f"    {line}\n" for line in schemas.strip("\n").split("\n"))
    return f"openapi: 3.1.0\ncomponents:\n  schemas:\n{indented}"


def schema_of(text: str, **more: str) -> Schema:
    """The schema of one bare file; `more` are other files by their stem."""
    files = {"thing.yaml": text, **{f"{stem}.yaml": other for stem, other in more.items()}}
    return loaded(files).types["Thing"].schema
