"""Whom our HTTPS clients trust, each case in a process of its own: OpenSSL reads the environment."""

import hashlib
import os
import ssl
import subprocess
import sys
from pathlib import Path

import certifi

TOLD = """
import hashlib
from crucible_pipeline.index.trust import trust
for one in trust().get_ca_certs(binary_form=True):
    print(hashlib.sha256(one).hexdigest())
"""
SYSTEM = TOLD.replace("from crucible_pipeline.index.trust import trust", "import ssl").replace(
    "trust()", "ssl.create_default_context()"
)


def trusted(program: str, **more: str) -> set[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=kept | more, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_whom_the_machine_trusts_is_trusted_and_so_is_whom_httpx_brings_along() -> None:
    brought = ssl.create_default_context(cafile=certifi.where()).get_ca_certs(binary_form=True)
    found = trusted(TOLD)
    assert found == trusted(SYSTEM) | {hashlib.sha256(one).hexdigest() for one in brought}
    assert found


def test_whom_the_environment_names_is_trusted_and_nobody_else(tmp_path: Path) -> None:
    whole = Path(certifi.where()).read_text()
    mark = "-----END CERTIFICATE-----"
    (tmp_path / "one.pem").write_text(whole[: whole.index(mark) + len(mark)] + "\n")
    assert len(trusted(TOLD, SSL_CERT_FILE=str(tmp_path / "one.pem"))) == 1
