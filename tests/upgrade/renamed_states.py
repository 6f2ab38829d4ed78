"""A contract in which a type, a value and a property may be called otherwise, before and after they are."""

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package

PACKAGE = Package("crucible-shared", "crucible_shared", "@crucible/shared")
STATES = """\
openapi: 3.1.0
info: {title: Evaluations, version: from-git-tag}
components:
  schemas:
    STATUS:
      type: string
      enum: [VALUE, done]
      MORE
    Request: {type: object, properties: {FIELD: {type: stringRENAMED}, gone: {type: string}}}
"""


def states(status: str, value: str, field: str, more: str = "", renamed: str = "") -> Contract:
    text = STATES.replace("VALUE", value).replace("FIELD", field).replace("RENAMED", renamed)
    return load({"evaluation.yaml": text.replace("STATUS", status).replace("      MORE\n", more)}, PACKAGE)


BEFORE = states("Status", "queued", "timeout")
RENAMED = states(
    "State",
    "waiting",
    "limit",
    "      x-renamed-from: Status\n      x-enum-renamed-from: {waiting: queued}\n",
    ", x-renamed-from: timeout",
)
