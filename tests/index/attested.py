"""Attestations as PEP 740 shapes them, right or wrong on purpose, signed by a key that nobody knows."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from index.distributions import Dist

KEY = ec.generate_private_key(ec.SECP256R1())
NOBODY = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
CERTIFICATE = (
    x509.CertificateBuilder()
    .subject_name(NOBODY)
    .issuer_name(NOBODY)
    .public_key(KEY.public_key())
    .serial_number(1)
    .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
    .not_valid_after(datetime(2024, 1, 2, tzinfo=UTC))
    .sign(KEY, hashes.SHA256())
    .public_bytes(Encoding.DER)
)


def statement(dist: Dist, **over: Any) -> dict[str, Any]:
    digest = {"sha256": hashlib.sha256(dist.content).hexdigest()}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": dist.filename, "digest": digest}],
        "predicateType": "https://docs.packages.example/attestations/publish/v1",
        "predicate": None,
        **over,
    }


def attestation(stated: dict[str, Any], **over: Any) -> dict[str, Any]:
    content = json.dumps(stated).encode()
    signed = b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(content), content)
    signature = KEY.sign(signed, ec.ECDSA(hashes.SHA256()))
    return {
        "version": 1,
        "verification_material": {
            "certificate": base64.b64encode(CERTIFICATE).decode(),
            "transparency_entries": [{"logIndex": "1"}],
        },
        "envelope": {
            "statement": base64.b64encode(content).decode(),
            "signature": base64.b64encode(signature).decode(),
        },
        **over,
    }


def field(*attestations: object) -> str:
    return json.dumps(list(attestations))
