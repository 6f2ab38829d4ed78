"""Attestations as PEP 740 shapes them, right or wrong on purpose; nobody has signed them."""

import base64
import hashlib
import json
from typing import Any

from index.distributions import Dist


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
    return {
        "version": 1,
        "verification_material": {
            "certificate": base64.b64encode(b"a certificate").decode(),
            "transparency_entries": [{"logIndex": "1"}],
        },
        "envelope": {
            "statement": base64.b64encode(json.dumps(stated).encode()).decode(),
            "signature": base64.b64encode(b"a signature").decode(),
        },
        **over,
    }


def field(*attestations: object) -> str:
    return json.dumps(list(attestations))
