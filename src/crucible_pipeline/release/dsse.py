"""Signed statements: an in-toto statement in a DSSE envelope, signed with an Ed25519 key and read back. Pure.

Sources: DSSE 1.0.2 (protocol and envelope), in-toto Statement 1, SLSA provenance 1.0, PEP 740 for the form in
which an index keeps an attestation.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crucible_pipeline.errors import Refused

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"


def statement(subjects: Mapping[str, str], predicate: Mapping[str, Any]) -> bytes:
    """An in-toto statement of how files came to be.

    Args:
        subjects: file name → sha256 in hexadecimal.
        predicate: SLSA provenance.
    """
    rows = [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in sorted(subjects.items())]
    whole = {"_type": STATEMENT, "subject": rows, "predicateType": PROVENANCE, "predicate": predicate}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def encoded(payload: bytes) -> bytes:
    """What is signed: type and payload with their lengths (DSSE, PAE)."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def key_id(key: Ed25519PublicKey) -> str:
    """A name for a key: the sha256 of its SubjectPublicKeyInfo in DER."""
    return hashlib.sha256(_info(key)).hexdigest()


def envelope(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """A DSSE envelope around a statement, as a line of JSON."""
    signature = {"keyid": key_id(key.public_key()), "sig": _text(key.sign(encoded(payload)))}
    whole = {"payloadType": PAYLOAD_TYPE, "payload": _text(payload), "signatures": [signature]}
    return json.dumps(whole, separators=(",", ":")).encode() + b"\n"


def opened(content: bytes, key: Ed25519PublicKey) -> dict[str, Any]:
    """The statement in a DSSE envelope that a key has signed.

    Raises:
        Refused: it is no envelope, or not of this key.
    """
    try:
        whole: Any = json.loads(content)
        if whole["payloadType"] != PAYLOAD_TYPE:
            raise ValueError("the payload is of another type")
        payload = base64.b64decode(whole["payload"], validate=True)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in whole["signatures"]]
        found: Any = json.loads(payload)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(f"this is no DSSE envelope: {error}") from None
    if not any(_signed(key, signature, payload) for signature in signatures):
        raise Refused("no signature of the envelope is by this key", "ask the publisher for the right key")
    return cast("dict[str, Any]", found)


def attestation(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """The same as an index keeps it (PEP 740), with the key as a certificate that it signed itself.

    No public log holds a signature that was made offline: the one entry that PEP 740 asks for says so, and
    names the key that a reader has to trust.
    """
    offline = {"kind": "none", "reason": "signed offline", "keyid": key_id(key.public_key())}
    whole = {
        "version": 1,
        "verification_material": {
            "certificate": _text(_certificate(key)),
            "transparency_entries": [offline],
        },
        "envelope": {"statement": _text(payload), "signature": _text(key.sign(encoded(payload)))},
    }
    return json.dumps(whole, separators=(",", ":")).encode()


def attested(content: Mapping[str, Any], key: Ed25519PublicKey) -> dict[str, Any]:
    """The statement of an attestation object (PEP 740) that a key has signed; its certificate is not asked.

    Raises:
        Refused: it is no such object, or not of this key.
    """
    try:
        held = content["envelope"]
        line = {
            "payloadType": PAYLOAD_TYPE,
            "payload": held["statement"],
            "signatures": [{"sig": held["signature"]}],
        }
    except (KeyError, TypeError) as error:
        raise Refused(f"this is no attestation as PEP 740 defines it: {error}") from None
    return opened(json.dumps(line).encode(), key)


def _signed(key: Ed25519PublicKey, signature: bytes, payload: bytes) -> bool:
    try:
        key.verify(signature, encoded(payload))
    except InvalidSignature:
        return False
    return True


def _certificate(key: Ed25519PrivateKey) -> bytes:
    """The same for the same key: nothing of it depends on the moment (RFC 5280; 9999 means no end)."""
    name = x509.Name(
        [x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Ed25519 {key_id(key.public_key())[:40]}")]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(key_id(key.public_key())[:30], 16) or 1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
        .sign(key, None)
        .public_bytes(serialization.Encoding.DER)
    )


def _info(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
