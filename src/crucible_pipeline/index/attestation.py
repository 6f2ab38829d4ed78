"""Attestations as they come with an upload (PEP 740): are they well formed, and do they speak of this file?

The signature and the transparency log are for the one who trusts a signer to verify; an index that keeps no
list of signers can say only that the statement names exactly this content. Pure.
"""

import base64
import binascii
import json
from typing import Any, cast

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.names import Filename, parse_filename

STATEMENT = "https://in-toto.io/Statement/v1"
MAX_ATTESTATIONS = 8


def provenance_of(field: str, filename: Filename, sha256: str) -> bytes:
    """The provenance object to publish beside a file.

    Args:
        field: the form's `attestations`: a JSON list of attestation objects.
        filename: of the file.
        sha256: of its content, in hexadecimal.

    Raises:
        Refused: one is malformed, or speaks of another file.
    """
    where = f"the attestations of {filename.text}"
    try:
        found: object = json.loads(field)
    except (ValueError, RecursionError):
        raise Refused(f"{where} are not JSON") from None
    if not isinstance(found, list) or not 0 < len(cast("list[object]", found)) <= MAX_ATTESTATIONS:
        raise Refused(f"{where} have to be a list of 1 to {MAX_ATTESTATIONS} objects")
    attestations = cast("list[object]", found)
    try:
        kinds = [_predicate(attestation, filename, sha256) for attestation in attestations]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Refused(f"{where} are not as PEP 740 defines them: {type(error).__name__} {error}") from None
    if len(set(kinds)) != len(kinds):
        raise Refused(f"{where} state the same predicate twice")
    # The publisher of an upload by token is nobody that a signature could be compared with.
    bundle = {"publisher": {"kind": "token", "claims": None}, "attestations": attestations}
    document = {"version": 1, "attestation_bundles": [bundle]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _predicate(attestation: object, filename: Filename, sha256: str) -> str:
    """The type of what is stated of exactly this file.

    Raises:
        KeyError: a key is missing.
        ValueError: a value is wrong.
        TypeError: one has another type.
        Refused: it is about another file.
    """
    whole = _mapping(attestation)
    if whole["version"] != 1:
        raise ValueError("the version is not 1")
    material, envelope = _mapping(whole["verification_material"]), _mapping(whole["envelope"])
    _decoded(material["certificate"])
    if not isinstance(material["transparency_entries"], list) or not material["transparency_entries"]:
        raise ValueError("there is no transparency entry")
    _decoded(envelope["signature"])
    statement = _mapping(json.loads(_decoded(envelope["statement"])))
    if statement["_type"] != STATEMENT:
        raise ValueError("the statement is not an in-toto statement of version 1")
    subjects = statement["subject"]
    if not isinstance(subjects, list) or len(cast("list[object]", subjects)) != 1:
        raise ValueError("the statement has not exactly one subject")
    subject = _mapping(cast("list[object]", subjects)[0])
    if not parse_filename(str(subject["name"])).same_place(filename):
        raise Refused(f"an attestation of {filename.text} speaks of {str(subject['name'])[:80]}")
    if str(_mapping(subject["digest"])["sha256"]).lower() != sha256:
        raise Refused(f"an attestation of {filename.text} speaks of another sha256 than the file has")
    if not isinstance(statement["predicateType"], str):
        raise TypeError("the statement's predicateType is no text")
    return statement["predicateType"]


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("an object is missing")
    return cast("dict[str, Any]", value)


def _decoded(value: object) -> bytes:
    if not isinstance(value, str) or not value:
        raise TypeError("a base64 text is missing")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError("a base64 text is damaged") from error
