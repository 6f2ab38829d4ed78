"""Signed statements: read back with the right key, refused with another, and a change is noticed."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.attestation import provenance_of
from crucible_pipeline.index.names import parse_filename
from crucible_pipeline.release import dsse
from crucible_pipeline.release.attest import SIGNATURE, SUMS, key_from, lying_in, sign
from crucible_pipeline.release.build import Artifacts
from crucible_pipeline.release.provenance import Origin, builder_of, locked, predicate, sums
from release.one_release import signing_key

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
WHEEL = "demo-1.0-py3-none-any.whl"
ORIGIN = Origin("demo", "1.0", "v1.0.0", "a" * 40, 1764000000, "git@packages.example:a/b.git", "me")
LOCK = (
    "a==1 \\\n    --hash=sha256:"
    + "0" * 64
    + "\n    # via b\nb==2 ; python_version < '3' \\\n    --hash=sha256:"
    + "1" * 64
)
SHA256 = st.binary(min_size=32, max_size=32).map(bytes.hex)


def payload(**subjects: str) -> bytes:
    return dsse.statement(subjects or {WHEEL: "0" * 64}, predicate(ORIGIN, LOCK))


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.text(max_size=20), SHA256, max_size=4))
def test_what_was_signed_is_read_back_by_its_key_and_by_no_other(subjects: dict[str, str]) -> None:
    text = dsse.statement(subjects, {})

    def enveloped(key: Ed25519PublicKey) -> dict[str, Any]:
        return dsse.opened(dsse.envelope(text, KEY), key)

    def attested(key: Ed25519PublicKey) -> dict[str, Any]:
        return dsse.attested(json.loads(dsse.attestation(text, KEY)), key)

    for read in (enveloped, attested):
        found = read(KEY.public_key())
        assert {one["name"]: one["digest"]["sha256"] for one in found["subject"]} == subjects
        with pytest.raises(Refused, match="by this key"):
            read(OTHER.public_key())


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_an_envelope_with_one_changed_byte_is_refused(data: st.DataObject) -> None:
    whole: dict[str, Any] = json.loads(dsse.envelope(payload(), KEY))
    part = data.draw(st.sampled_from(["payload", "sig"]))
    holder = whole if part == "payload" else whole["signatures"][0]
    content = bytearray(base64.b64decode(holder[part]))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    holder[part] = base64.b64encode(content).decode()
    with pytest.raises(Refused):
        dsse.opened(json.dumps(whole).encode(), KEY.public_key())


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"payloadType": 1}', b"[" * 100_000, b"\xff"])
def test_what_is_no_envelope_is_refused_in_words(text: bytes) -> None:
    with pytest.raises(Refused, match="no DSSE envelope"):
        dsse.opened(text, KEY.public_key())


def test_the_same_statement_and_key_give_the_same_bytes() -> None:
    assert dsse.attestation(payload(), KEY) == dsse.attestation(payload(), KEY)
    assert dsse.envelope(payload(), KEY) == dsse.envelope(payload(), KEY)


def test_an_index_takes_an_offline_attestation_of_its_file_and_of_no_other() -> None:
    field = f"[{dsse.attestation(payload(**{WHEEL: 'ab' * 32}), KEY).decode()}]"
    kept = json.loads(provenance_of(field, parse_filename(WHEEL), "ab" * 32))
    assert kept["attestation_bundles"][0]["attestations"][0]["version"] == 1
    with pytest.raises(Refused, match="another sha256"):
        provenance_of(field, parse_filename(WHEEL), "cd" * 32)


def test_sigstores_own_reader_takes_the_form_of_an_offline_attestation() -> None:
    from pypi_attestations import Attestation

    read = Attestation.model_validate_json(dsse.attestation(payload(), KEY))
    assert read.statement["predicateType"] == dsse.PROVENANCE
    certificate = load_der_x509_certificate(read.verification_material.certificate)
    assert certificate.public_key() == KEY.public_key()
    certificate.verify_directly_issued_by(certificate)


def test_provenance_names_source_commit_and_each_locked_package_and_no_credential() -> None:
    made = predicate(ORIGIN, LOCK)["buildDefinition"]
    source, *packages = made["resolvedDependencies"]
    assert source == {
        "uri": "git+ssh://packages.example/a/b.git@refs/tags/v1.0.0",
        "digest": {"gitCommit": "a" * 40},
    }
    assert [one["uri"] for one in packages] == ["pkg:pypi/a@1", "pkg:pypi/b@2"]
    hidden = Origin("demo", "1.0", "v1", "a" * 40, 0, "https://me:s3cret@packages.example/a", "me")
    assert "s3cret" not in json.dumps(predicate(hidden, ""))
    assert locked("# nothing\n") == []


def test_a_forge_builds_as_its_workflow_and_a_laptop_as_itself() -> None:
    forge = {
        "GITHUB_WORKFLOW_REF": "a/b/.github/workflows/release.yml@v1",
        "GITHUB_SERVER_URL": "https://forge.example",
    }
    assert builder_of(forge) == "https://forge.example/a/b/.github/workflows/release.yml@v1"
    assert builder_of({}).endswith(":local")


def artifacts(folder: Path) -> Artifacts:
    folder.mkdir()
    for name in ("demo-1.0.tar.gz", WHEEL, "demo-1.0.tgz"):
        (folder / name).write_bytes(name.encode())
    return Artifacts(folder / "demo-1.0.tar.gz", folder / WHEEL, folder / "demo-1.0.tgz")


def test_openssl_and_sha256sum_agree_with_the_manifest_until_a_file_is_changed(tmp_path: Path) -> None:
    made = artifacts(tmp_path / "dist")
    key = signing_key(tmp_path / "key.pem")
    sign(made, {}, key, {}, tmp_path / "dist")
    public = key_from(key).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "dist" / "key.pub").write_bytes(public)
    checks = (
        [
            "openssl",
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            "key.pub",
            "-rawin",
            "-in",
            SUMS,
            "-sigfile",
            SIGNATURE,
        ],
        ["sha256sum", "--check", "--strict", SUMS],
    )
    for command in checks:
        subprocess.run(command, cwd=tmp_path / "dist", check=True, capture_output=True)
    listed = {line.split()[1] for line in (tmp_path / "dist" / SUMS).read_text().splitlines()}
    assert {path.name for path in made.all} < listed
    made.wheel.write_bytes(b"changed")
    assert subprocess.run(checks[1], cwd=tmp_path / "dist", capture_output=True, check=False).returncode == 1


def test_without_a_signer_there_is_a_manifest_and_nothing_is_called_signed(tmp_path: Path) -> None:
    made = artifacts(tmp_path / "dist")
    (tmp_path / "out").mkdir()
    signed = sign(made, {}, None, {}, tmp_path / "out")
    assert signed.attestations == ()
    assert [path.name for path in signed.files] == [SUMS]
    assert signed.signer.startswith("nobody")
    assert lying_in(tmp_path / "out", made) is None
    sign(made, {}, signing_key(tmp_path / "key.pem"), {}, tmp_path / "out")
    assert lying_in(tmp_path / "out", made) is not None


def test_a_manifest_is_sorted_by_name() -> None:
    assert sums([("b", "2"), ("a", "1")]) == b"1  a\n2  b\n"


def test_a_key_that_is_none_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="openssl genpkey"):
        key_from(tmp_path / "none.pem")
    for number, command in enumerate(
        (
            ["openssl", "genpkey", "-algorithm", "X25519", "-out"],
            ["openssl", "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:word", "-out"],
        )
    ):
        path = tmp_path / f"{number}.pem"
        subprocess.run([*command, str(path)], check=True, capture_output=True)
        with pytest.raises(Refused, match=r"another key|under a password"):
            key_from(path)
    (tmp_path / "text.pem").write_text("no key")
    with pytest.raises(Refused, match="no private key"):
        key_from(tmp_path / "text.pem")
