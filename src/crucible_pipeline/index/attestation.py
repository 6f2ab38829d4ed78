"""Attestations as they come with an upload (PEP 740): are they signed as they say, and of this file?

The signature has to be that of the certificate that comes along. Whose certificate that is, and whether a
public log holds it, is for those to verify who trust a signer: an index keeps no list of signers. Pure.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.names import Filename, parse_filename

STATEMENT = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = b"application/vnd.in-toto+json"
# Who publishes with a kept token is nobody that a signature could be compared with.
TOKEN: Mapping[str, Any] = {"kind": "token", "claims": None}
MAX_ATTESTATIONS = 8


def provenance_of(field: str, filename: Filename, sha256: str, publisher: Mapping[str, Any] = TOKEN) -> bytes:
    """The provenance object to publish beside a file.

    Args:
        field: the form's `attestations`: a JSON list of attestation objects.
        filename: of the file.
        sha256: of its content, in hexadecimal.
        publisher: who uploads it, as PEP 740 writes a publisher.

    Raises:
        Refused: one is malformed, speaks of another file, or is not signed by its certificate.
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
    bundle = {"publisher": publisher, "attestations": attestations}
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
    certificate = _decoded(material["certificate"])
    if not isinstance(material["transparency_entries"], list) or not material["transparency_entries"]:
        raise ValueError("there is no transparency entry")
    signed = _decoded(envelope["statement"])
    _check_signature(certificate, _decoded(envelope["signature"]), signed)
    statement = _mapping(json.loads(signed))
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


def _check_signature(certificate: bytes, signature: bytes, statement: bytes) -> None:
    """Hold a signature against the certificate's key; DSSE signs type and payload with their lengths.

    Raises:
        ValueError: they do not belong together.
        TypeError: the key is of a kind that nobody signs with.
    """
    signed = b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE, len(statement), statement)
    try:
        key = load_der_x509_certificate(certificate).public_key()
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, signed, ECDSA(SHA256()))
        elif isinstance(key, Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            raise TypeError("the certificate has neither an ECDSA nor an Ed25519 key")
    except InvalidSignature:
        raise ValueError("the signature is not by the certificate's key") from None
    except UnsupportedAlgorithm:
        raise ValueError("the certificate's key is of an unknown kind") from None


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
