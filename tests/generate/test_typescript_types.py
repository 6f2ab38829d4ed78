"""The types of the npm package, as the real compiler sees them."""

import json
from pathlib import Path

import pytest

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Package
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.generate.typescript import typescript
from generate.typescript_cases import CASES
from generate.typescript_node import install, type_errors

ROOT = Path(__file__).parents[2]

# The compiler also complains about an expected error that does not come.
CONSUMER = """
import {
  EvaluationEngine,
  EvaluationStatus,
  InvalidPayload,
  PriorityClass,
  channels,
  evaluationStatusTransitions,
  evaluation_defaults,
  isEvaluationRequest,
  limits,
  parseEvaluationRequest,
  parseEvaluationResponse,
  validateEvaluationRequest,
} from "@crucible/shared";
import type { EvaluationCompletedEvent, EvaluationRequest, Problem } from "@crucible/shared";
import type { EvaluationResponse } from "@crucible/shared";
import { MAX_TIMEOUT_SECONDS } from "./alias.js";
import { EvaluationSummary } from "@crucible/shared/evaluation_response";

const request: EvaluationRequest = { code: "print(1)", engine: EvaluationEngine.GVISOR, timeout: 30 };
const status: EvaluationStatus = EvaluationStatus.COMPLETED;
const literal: "completed" = EvaluationStatus.COMPLETED;
const weight: PriorityClass = PriorityClass.CRITICAL;
const critical: 2000 = PriorityClass.CRITICAL;
const maximum: 300 = limits.EXECUTION.MAX_TIMEOUT_SECONDS;
const flat: 300 = limits.EXECUTION_MAX_TIMEOUT_SECONDS;
const memory: 128 = evaluation_defaults.DEFAULT_MEMORY_MB;
const alias: 300 = MAX_TIMEOUT_SECONDS;

const problems: Problem[] = validateEvaluationRequest(JSON.parse("{}"));
const filled = parseEvaluationRequest({});
const language: string = filled.language;
const timeout: number = filled.timeout;
const optional: string | undefined = request.language;
const response: EvaluationResponse = parseEvaluationResponse({});
const started: string | null | undefined = response.started_at;
const noted: unknown = response.metadata?.["note"];
const summary: EvaluationSummary = { eval_id: "1", status: "queued", created_at: "2024-01-01T00:00:00Z" };

function take(value: unknown): EvaluationRequest | null {
  return isEvaluationRequest(value) ? value : null;
}

const text: string = channels.EVALUATION_QUEUED.encode({ eval_id: "1", code: "x" });
const event = channels.EVALUATION_COMPLETED.decode(text);
const same: EvaluationCompletedEvent = event;
const address: "evaluation:queued" = channels.EVALUATION_QUEUED.address;
const concrete: string = channels.EVALUATION_QUEUED.at();

if (evaluationStatusTransitions.isTerminal(status)) {
  const final: "completed" | "failed" | "cancelled" = status;
}
const next: EvaluationStatus = evaluationStatusTransitions.checkTransition("queued", "running");

try {
  parseEvaluationRequest(null);
} catch (error) {
  if (error instanceof InvalidPayload) error.problems.map(({ path, message }) => path + message);
}

// @ts-expect-error: a required property is missing
const a: EvaluationRequest = { language: "python" };
// @ts-expect-error: no value of the enum
const b: EvaluationRequest = { code: "", engine: "banana" };
// @ts-expect-error: of another type
const c: EvaluationRequest = { code: "", timeout: "30" };
// @ts-expect-error: absent is something else than undefined
const d: EvaluationRequest = { code: "", language: undefined };
// @ts-expect-error: not nullable
const e: EvaluationRequest = { code: "", language: null };
// @ts-expect-error: no property of the contract
const f: EvaluationRequest = { code: "", speed: 1 };
// @ts-expect-error: no status
const g: EvaluationStatus = "banana";
// @ts-expect-error: a constant cannot be set
limits.EXECUTION.MAX_TIMEOUT_SECONDS = 600;
// @ts-expect-error: no member
const h = EvaluationStatus.BANANA;
// @ts-expect-error: another channel's payload
channels.EVALUATION_QUEUED.encode({ eval_id: "1", error: "x" });
// @ts-expect-error: no state
evaluationStatusTransitions.canBecome("queued", "banana");
// @ts-expect-error: the address has no parameter
channels.EVALUATION_QUEUED.at({ eval_id: "1" });
// @ts-expect-error: a status is no outcome
const i: EvaluationCompletedEvent["status"] = "running";
// @ts-expect-error: the number is no priority class
const j: PriorityClass = 1;
"""


@pytest.mark.parametrize("resolution", [(), ("--module", "esnext", "--moduleResolution", "bundler")])
def test_right_uses_compile_and_wrong_uses_do_not(tmp_path: Path, resolution: tuple[str, ...]) -> None:
    contract = load_project(find_project(ROOT / "contracts"))
    install(typescript(contract), tmp_path, "@crucible/shared")
    alias = "export { EXECUTION_MAX_TIMEOUT_SECONDS as MAX_TIMEOUT_SECONDS } from '@crucible/shared/limits';"
    options = ("--isolatedModules", "--verbatimModuleSyntax", *resolution)
    consumer = CONSUMER.replace("import { EvaluationSummary }", "import type { EvaluationSummary }")
    assert type_errors(tmp_path, {"consumer.ts": consumer, "alias.ts": alias}, *options) == []


SHAPES = """
import * as cases from "cases";
import { channels } from "cases";

const tree: cases.Tree = { children: [{ children: [] }] };
const pair: cases.Prefix = [1, "a"];
const level: cases.Level = "an unknown level";
const choice: cases.Choice = null;
const named: cases.Choice = cases.Choice.LOW;
const base: cases.Derived = { id: "1", size: 2 };
const cat: cases.Pet = { kind: "cat", lives: 9 };
const nested: cases.Nested = { inner: { mode: cases.NestedInnerMode.FAST } };
const log: string = channels.LOGS.at({ eval_id: "7", day: 3 });
const line: { text: string } = channels.LOGS.decode(log);
const header: string = channels.LOGS.messages.line.headers.parse({}).trace;
const problem: cases.Problem = { type: "about:blank" };
const shadow: cases.Object = cases.Object.ARRAY;

// @ts-expect-error: items of another type
const a: cases.Tree = { children: [1] };
// @ts-expect-error: one item too many
const b: cases.Prefix = [1, "a", null];
// @ts-expect-error: a part of the base is missing
const c: cases.Derived = { size: 2 };
// @ts-expect-error: a property of the other alternative
const d: cases.Pet = { kind: "dog", lives: 9 };
// @ts-expect-error: a parameter of the address is missing
channels.LOGS.at({ eval_id: "7" });
// @ts-expect-error: never
const e: cases.Never = null;
// @ts-expect-error: the name of the enum has no such value
const g: cases.Choice = "other";
"""
MORE = {
    "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
    "Derived": {
        "allOf": [
            {"$ref": "#/components/schemas/Base"},
            {
                "type": "object",
                "required": ["size"],
                "properties": {"size": {"type": "integer", "default": 1}},
            },
        ]
    },
    "Pet": {
        "oneOf": [
            {
                "type": "object",
                "required": ["kind", "lives"],
                "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
            },
            {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "dog"}}},
        ]
    },
    "Nested": {
        "type": "object",
        "properties": {
            "inner": {"type": "object", "properties": {"mode": {"type": "string", "enum": ["fast", "slow"]}}}
        },
    },
    "Problem": {"type": "object", "properties": {"type": {"type": "string", "format": "uri"}}},
    "Object": {"type": "string", "enum": ["array", "object"]},
}
CHANNELS = {
    "asyncapi": "3.0.0",
    "info": {"title": "Logs", "version": "1", "description": "Lines."},
    "channels": {
        "logs": {
            "address": "logs:{eval_id}:{day}",
            "parameters": {"eval_id": {"description": "Which."}, "day": {"description": "When."}},
            "messages": {
                "line": {
                    "payload": {
                        "type": "object",
                        "required": ["text"],
                        "properties": {"text": {"type": "string"}},
                    },
                    "headers": {
                        "type": "object",
                        "properties": {"trace": {"type": "string", "default": "none"}},
                    },
                }
            },
        }
    },
}


def test_what_no_type_can_say_gets_the_next_wider_type(tmp_path: Path) -> None:
    schemas = {name: schema for name, (schema, _) in CASES.items()} | MORE
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Cases", "version": "1", "description": "One type for each case."},
        "components": {"schemas": schemas},
    }
    files = {"cases.json": json.dumps(document), "logs.json": json.dumps(CHANNELS)}
    install(typescript(load(files, Package("cases", "cases", "cases"))), tmp_path, "cases")
    assert type_errors(tmp_path, {"shapes.ts": SHAPES}) == []
