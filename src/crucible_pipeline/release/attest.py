"""Signs a release: with Sigstore where a forge vouches for the workflow, with a key from a file elsewhere.

Touches the key file, the network where Sigstore is used, and the folder that takes what was signed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.release import dsse
from crucible_pipeline.release.build import Artifacts
from crucible_pipeline.release.provenance import sums

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
PROVENANCE = "provenance.intoto.jsonl"
ENDING = ".provenance.attestation"
_MAKE = "make one: openssl genpkey -algorithm ed25519 -out release-key.pem"
_MAX_BYTES = 64 << 10
# What a forge sets where a job may ask it for an identity (GitHub, `permissions: id-token: write`).
_AMBIENT = "ACTIONS_ID_TOKEN_REQUEST_URL"


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed.

    Args:
        attestations: files for the index, one for each artifact there; empty where nobody could sign.
        files: all that was written beside the artifacts.
        signer: in a few words.
    """

    attestations: tuple[Path, ...]
    files: tuple[Path, ...]
    signer: str


def key_from(path: Path) -> Ed25519PrivateKey:
    """The signing key of a PEM file (PKCS #8).

    Raises:
        CannotDo: the file cannot be read.
        Refused: it holds no Ed25519 key, or one under a password.
    """
    try:
        with path.open("rb") as file:
            key = load_pem_private_key(file.read(_MAX_BYTES), None)
    except OSError as error:
        raise CannotDo(f"the signing key {path} cannot be read: {error.strerror}", _MAKE) from None
    except TypeError:
        raise Refused(
            f"the signing key {path} is under a password",
            "give one without, kept where only the release may read it",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Refused(f"{path} holds no private key in PEM", _MAKE) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused(f"{path} holds another key than an Ed25519 one", _MAKE)
    return key


def lying_in(dist: Path | None, made: Artifacts) -> Signed | None:
    """What another attempt, or another job, has signed already; None unless each file has its attestation."""
    found = [dist / f"{path.name}{ENDING}" for path in made.files] if dist is not None else []
    if dist is None or not all(path.is_file() for path in found):
        return None
    return Signed(tuple(found), (), "whoever signed what lies in --dist")


def can_sign(key: Path | None, environ: Mapping[str, str]) -> bool:
    """Whether there is somebody to sign: a key, or a forge that vouches."""
    return key is not None or bool(environ.get(_AMBIENT))


def sign(
    made: Artifacts, predicate: Mapping[str, Any], key: Path | None, environ: Mapping[str, str], folder: Path
) -> Signed:
    """Write the manifest of a release, and its attestations where there is somebody to sign.

    Args:
        made: the artifacts.
        predicate: SLSA provenance of all of them.
        key: a file with an Ed25519 key; it goes before the forge's word.
        environ: the caller's, where a forge says that it vouches.
        folder: that takes the files.

    Raises:
        Refused: the key is none.
        CannotDo: the key cannot be read, or Sigstore cannot be used though the forge vouches.
    """
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made.all}
    statements = {path: dsse.statement({path.name: hashes[path.name]}, predicate) for path in made.files}
    written: list[Path] = []
    signing = key_from(key) if key is not None else None
    if signing is not None:
        signer = f"key {dsse.key_id(signing.public_key())[:16]}"
        attestations = {path: dsse.attestation(payload, signing) for path, payload in statements.items()}
        whole = dsse.envelope(dsse.statement(hashes, predicate), signing)
        written.append(_written(folder / PROVENANCE, whole))
    elif environ.get(_AMBIENT):
        signer = "the workflow's identity, by Sigstore"
        attestations = _by_sigstore(statements)
    else:
        signer = "nobody: give --signing-key, or run where a forge vouches"
        attestations = {}
    found = [_written(folder / f"{path.name}{ENDING}", text) for path, text in attestations.items()]
    names = [*made.all, *found, *written]
    manifest = sums((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in names)
    written.append(_written(folder / SUMS, manifest))
    if signing is not None:
        written.append(_written(folder / SIGNATURE, signing.sign(manifest)))
    return Signed(tuple(found), (*found, *written), signer)


def _by_sigstore(statements: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """Attestations by the public Sigstore instance, for the identity that the forge gives this job."""
    try:
        from pypi_attestations import Attestation  # noqa: PLC0415  only a release in a forge needs it
        from sigstore.dsse import Statement  # noqa: PLC0415  likewise
        from sigstore.errors import Error  # noqa: PLC0415  likewise
        from sigstore.models import ClientTrustConfig  # noqa: PLC0415  likewise
        from sigstore.oidc import IdentityToken, detect_credential  # noqa: PLC0415  likewise
        from sigstore.sign import SigningContext  # noqa: PLC0415  likewise
    except ImportError:
        raise CannotDo(
            "the forge vouches for this job, and nothing here can sign with that",
            'install "crucible-pipeline[release]", or give --signing-key',
        ) from None
    try:
        token = detect_credential()
        if token is None:
            raise CannotDo("the forge gives this job no identity", "give it `permissions: id-token: write`")
        context = SigningContext.from_trust_config(ClientTrustConfig.production())
        with context.signer(IdentityToken(token)) as signer:
            return {
                path: Attestation.from_bundle(signer.sign_dsse(Statement(payload))).model_dump_json().encode()
                for path, payload in statements.items()
            }
    except Error as error:
        raise CannotDo(f"Sigstore did not sign: {error}", "run the job again") from None


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
