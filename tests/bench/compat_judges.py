"""Who says what of a pair: `crucible check`, the peers, and a validator that decides between them."""

import contextlib
import io
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

from bench import peers
from bench.compat_corpora import Case
from crucible_pipeline.cli import main

PYTHON_PEER = """
import json, sys, warnings
from jsonsubschema import isSubschema
warnings.simplefilter("ignore")
import signal
def late(*_): raise TimeoutError
signal.signal(signal.SIGALRM, late)
for line in sys.stdin:
    old, new = json.loads(line)
    signal.alarm(10)
    try:
        said = bool(isSubschema(old, new))
    except BaseException as error:
        said = type(error).__name__
    signal.alarm(0)
    print("said", json.dumps(said), flush=True)
"""
NODE_PEER = """
const { diffSchemas } = require('json-schema-diff');
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n');
(async () => { for (const line of lines) {
  const [sourceSchema, destinationSchema] = JSON.parse(line);
  let said;
  try { said = !(await diffSchemas({ sourceSchema, destinationSchema })).removalsFound; }
  catch (error) { said = error.constructor.name; }
  console.log('said ' + JSON.stringify(said));
} })();
"""
PEERS = ("jsonsubschema", "json-schema-diff")
_DRAFTS = (jsonschema.Draft7Validator, jsonschema.Draft202012Validator)


def checked(cases: list[Case]) -> Iterator[dict[str, Any]]:
    """The JSON document that `crucible check` prints for each pair, each a folder with one file."""
    with tempfile.TemporaryDirectory() as place:
        old, new = (Path(place) / side for side in ("old", "new"))
        for folder in (old, new):
            folder.mkdir()
        for case in cases:
            (old / "payload.json").write_text(json.dumps(case.old))
            (new / "payload.json").write_text(json.dumps(case.new))
            mode = "full" if case.corpus.endswith("-lenient") else "strict"
            printed = io.StringIO()
            words = ["check", "--contracts", str(new), "--against", str(old), "--mode", mode]
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
                main([*words, "--format", "json"])
            yield json.loads(printed.getvalue() or "{}")


def compatible(document: dict[str, Any]) -> bool | str:
    """Whether a reader of the new schema reads all that writers of the old one send."""
    if "changes" not in document:
        problems = document.get("problems", [])
        return str(problems[0]["message"]) if problems else "it could not be read"
    return not any("backward" in change["breaks"] for change in document["changes"])


def peer(name: str, cases: list[Case]) -> list[Any]:
    """What a peer says of each pair: a truth value, or the name of its error."""
    command = [str(peers.PLACE / "venv" / "bin" / "python"), "-c", PYTHON_PEER]
    if name == "json-schema-diff":
        command = ["node", "-e", NODE_PEER]
    lines = "\n".join(json.dumps([case.old, case.new]) for case in cases) + "\n"
    done = subprocess.run(
        command, input=lines, cwd=peers.PLACE, capture_output=True, text=True, check=False, timeout=1800
    )
    lines_said = (line.removeprefix("said ") for line in done.stdout.splitlines() if line.startswith("said "))
    said = [json.loads(line) for line in lines_said]
    return said + ["no answer"] * (len(cases) - len(said))


def shows(case: Case, payload: Any) -> bool:
    """Whether the jsonschema library, by draft 7 and 2020-12, accepts it as old and rejects it as new."""
    return all(
        draft(case.old, format_checker=draft.FORMAT_CHECKER).is_valid(payload)
        and not draft(case.new, format_checker=draft.FORMAT_CHECKER).is_valid(payload)
        for draft in _DRAFTS
    )


def who_is_right(case: Case, document: dict[str, Any], pool: list[Any]) -> str:
    """Of a disagreement, in words: decided by a payload that the jsonschema library judges."""
    said = compatible(document)
    if isinstance(said, str):
        return f"undecided: {said}"
    if not said:
        witnesses = [change["witness"] for change in document["changes"] if change["witness"]]
        for one in witnesses:
            if one["direction"] == "backward" and shows(case, one["payload"]):
                return f"crucible: {json.dumps(one['payload'])} is accepted as old and rejected as new"
        return "open: no payload was found that both drafts judge so"
    for payload in pool:
        with contextlib.suppress(RecursionError, jsonschema.SchemaError, TypeError):
            if shows(case, payload):
                return f"they: {json.dumps(payload)} is accepted as old and rejected as new"
    return f"crucible: none of {len(pool)} payloads is accepted as old and rejected as new"
