"""A contract whose every kind of thing was once called otherwise."""

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package

FILES = {
    "evaluation.yaml": """\
openapi: 3.1.0
info: {title: Evaluations, version: from-git-tag, description: Evaluations.}
components:
  schemas:
    EvaluationStatus:
      type: string
      x-renamed-from: [EvalStatus, OldStatus]
      enum: [waiting, paused, running, done]
      x-enum-descriptions: [W., Use waiting., R., D.]
      x-enum-renamed-from: {waiting: queued, done: [finished, COMPLETED]}
      x-enum-deprecated: [paused]
    Weight:
      type: integer
      enum: [10, 20]
      x-enum-varnames: [TEN, TWENTY]
      x-enum-renamed-from: {"10": TEN_GRAMS, "20": "30"}
    EvaluationRequest:
      type: object
      x-renamed-from: Request
      required: [code, size]
      properties:
        code: {type: string}
        size: {type: integer, x-renamed-from: length}
        time_limit: {type: integer, x-renamed-from: [timeout, deadline], default: 30}
        note: {type: string, x-renamed-from: remark, deprecated: true, description: Leave it.}
        content-type: {type: string, x-renamed-from: kind, x-python-name: content_type}
        mode: {type: string, enum: [a, b], x-renamed-from: way, default: a}
        state: {$ref: '#/components/schemas/EvaluationStatus', default: paused}
    Strict:
      type: object
      additionalProperties: false
      required: [size]
      properties: {size: {type: integer, x-renamed-from: length}}
""",
    "states.yaml": """\
enum: {$ref: 'evaluation.yaml#/components/schemas/EvaluationStatus'}
transitions: {waiting: [running, paused], paused: [running], running: [done], done: []}
""",
    "events.yaml": """\
asyncapi: 3.0.0
info: {title: Events, version: from-git-tag}
channels:
  evaluationWaiting:
    address: evaluation:waiting
    x-renamed-from: [evaluationQueued, evalQueued]
    messages: {asked: {payload: {$ref: 'evaluation.yaml#/components/schemas/EvaluationRequest'}}}
  evaluationPaused:
    address: evaluation:paused
    x-deprecated: Use waiting.
    messages: {asked: {payload: {$ref: 'evaluation.yaml#/components/schemas/EvaluationRequest'}}}
""",
    "constants/limits.yaml": """\
execution:
  max_memory_mb: {value: 5, x-renamed-from: [max_mb, limits.memory.max_mb, other.sizes.mb]}
  kinds: {value: [a, b], x-renamed-from: other.all_kinds}
top_level: {value: 3, x-renamed-from: limits.high}
""",
}


def renamed_contract(name: str, **changes: str) -> Contract:
    """The contract under a name; `changes` replace texts in all of its files."""
    files = dict(FILES)
    for old, new in changes.items():
        files = {path: text.replace(old, new) for path, text in files.items()}
    return load(files, Package(name, name, name))
