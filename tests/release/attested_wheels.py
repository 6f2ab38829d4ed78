"""Wheels with all that `crucible publish` puts into them and beside them, made in memory."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crucible_pipeline.release import dsse, sbom
from crucible_pipeline.release.provenance import Origin, predicate
from crucible_pipeline.release.wheel import with_file
from index.distributions import Dist, wheel

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
COMMIT = "5" * 40
ADDRESS = "https://me:s3cret@forge.example/acme/contracts.git"
REQUIRES = ("pydantic>=2.5", 'lxml>=5; extra == "xml"')
TIME = 1_764_000_000
# As many packages as the build of crucible-shared has, with a few hashes each.
LOCK = "".join(
    f"part{number}==1.0 \\\n" + " \\\n".join(f"    --hash=sha256:{number:032x}{row:032x}" for row in range(4))
    for number in range(8)
)


@dataclass(frozen=True)
class Attested:
    """A wheel, and what its publisher says of it.

    Args:
        dist: the wheel.
        stated: the statement that is signed, an in-toto statement.
        key: that signs it.
    """

    dist: Dist
    stated: bytes
    key: Ed25519PrivateKey = KEY

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.dist.content).hexdigest()

    @property
    def attestation(self) -> bytes:
        return dsse.attestation(self.stated, self.key)

    def put(self, folder: Path) -> Path:
        """Into a folder, as `crucible publish --dist` does."""
        path = folder / self.dist.filename
        path.write_bytes(self.dist.content)
        path.with_name(f"{path.name}.provenance.attestation").write_bytes(self.attestation)
        return path


def attested(version: str = "0.3.2", *, name: str = "crucible-shared", told: str | None = None) -> Attested:
    """A wheel as it should be; `told` is the SBOM in place of the right one, empty for none."""
    plain = wheel(name, version, more="".join(f"Requires-Dist: {one}\n" for one in REQUIRES))
    right = sbom.document(sbom.Made(name, version, COMMIT, f"v{version}", TIME, REQUIRES)).decode()
    held = right if told is None else told
    content = with_file(plain.content, sbom.NAME, held.encode(), TIME) if held else plain.content
    dist = replace(plain, content=content)
    return Attested(dist, statement(dist, version=version, name=name))


def statement(dist: Dist, *, version: str, name: str = "crucible-shared", address: str = ADDRESS) -> bytes:
    """What a publication states of a file."""
    origin = Origin(name, version, f"v{version}", COMMIT, TIME, address, "somebody")
    sha256 = hashlib.sha256(dist.content).hexdigest()
    return dsse.statement({dist.filename: sha256}, predicate(origin, LOCK))


def trusted(path: Path, key: Ed25519PrivateKey = KEY) -> Path:
    """The public half of a key, in a file."""
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path
