"""Secrets packed by mistake: files that exist to hold them, private keys, tokens of known forms. Pure.

No guess by randomness: each pattern is one whose issuer marks it, so that the rule has no false alarms.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from crucible_pipeline.index.fault import Fault, quoted

# What is larger is data; what holds a NUL is no text.
MAX_TEXT = 1 << 20

_SECRET_FILES = frozenset({".pypirc", ".netrc", "_netrc", ".git-credentials", ".htpasswd", ".pgpass"})
_KEY_FILES = frozenset({"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"})
_EXAMPLES = frozenset({"example", "sample", "template", "dist", "defaults", "test", "tpl"})
# What lies there is made up for the purpose: a server's key for its own tests.
_MADE_UP = frozenset(
    {
        "test",
        "tests",
        "testing",
        "selftest",
        "testdata",
        "test_data",
        "fixtures",
        "cassettes",
        "examples",
        "example",
        "docs",
        "doc",
    }
)
_TEST_MODULE = re.compile(r"(?:test_.*|.*_tests?|tests?|conftest)\.pyi?")
_KEY = re.compile(
    rb"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?)-----\s+"
    rb"((?:[A-Za-z-]+: [^\n]*\n)*\s*[A-Za-z0-9+/=\s]{64,}?)-----END \1-----"
)
_TOKENS = {
    "an access key of AWS": rb"(?<![A-Za-z0-9/+])A(?:KIA|SIA)[A-Z2-7]{16}(?![A-Za-z0-9/+=])",
    "a token of GitHub": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b",
    "a token of GitLab": rb"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas)-[A-Za-z0-9_-]{20,64}(?![A-Za-z0-9_-])",
    "a token of a package index": rb"\bpypi-AgE[A-Za-z0-9_-]{60,}",
    "a token of this kind of index": rb"\bcrucible_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])",
    "a token of npm": rb"\bnpm_[A-Za-z0-9]{36}\b",
    "a token of Slack": rb"\bxox[abeoprs]-[0-9]{10,13}-[A-Za-z0-9-]{10,}",
    "a key of Stripe": rb"\b[rs]k_live_[A-Za-z0-9]{24,99}\b",
    "a key of Anthropic": rb"\bsk-ant-(?:api|admin)[0-9]{2}-[A-Za-z0-9_-]{80,}",
    "a key of OpenAI": rb"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}",
    "a token of Hugging Face": rb"\bhf_[A-Za-z]{34}\b",
    "a key of SendGrid": rb"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])",
    "a token of DigitalOcean": rb"\bdo[opr]_v1_[a-f0-9]{64}\b",
    "a token of HashiCorp Vault": rb"\bhvs\.[A-Za-z0-9_-]{90,}",
    "a token of Docker Hub": rb"\bdckr_pat_[A-Za-z0-9_-]{27}(?![A-Za-z0-9_-])",
}
_ANY = re.compile(b"|".join(b"(" + pattern + b")" for pattern in _TOKENS.values()))
# One look for all of them is enough for nearly every file.
_HINT = re.compile(
    rb"PRIVATE KEY|A[KS]IA|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|pypi-AgE|crucible_|npm_|xox[abeoprs]-"
    rb"|k_live_|sk-|hf_|SG\.|_v1_|hvs\.|dckr_pat_"
)
_ROTATE = "leave it out, and revoke it: whoever had the file may have read it"


def file_faults(name: str) -> Iterator[Fault]:
    """Refuse a file that exists to hold secrets, by its name."""
    file = name.rpartition("/")[2].lower()
    words = set(file.split("."))
    env = (file == ".env" or file.startswith(".env.")) and not words & _EXAMPLES
    if env or file in _SECRET_FILES or (file in _KEY_FILES and not _is_made_up(name)):
        yield Fault("secret-file", f"holds {quoted(name)}, a file for secrets", _ROTATE)


def text_faults(name: str, content: bytes) -> Iterator[Fault]:
    """Refuse a private key or a token in a text.

    Args:
        name: of the file.
        content: all of it.
    """
    if len(content) > MAX_TEXT or not _HINT.search(content) or b"\0" in content:
        return
    for match in _KEY.finditer(content):
        if _is_key(match.group(2)) and not _is_made_up(name):
            yield Fault("secret", f"holds a private key in {quoted(name)}", _ROTATE)
            break
    for match in _ANY.finditer(content):
        what = list(_TOKENS)[(match.lastindex or 1) - 1]
        if not _is_placeholder(match.group()):
            yield Fault("secret", f"holds {what} in {quoted(name)}", _ROTATE)
            break


def _is_made_up(name: str) -> bool:
    *folders, file = name.lower().split("/")
    return not _MADE_UP.isdisjoint(folders) or _TEST_MODULE.fullmatch(file) is not None


def _is_key(body: bytes) -> bool:
    """Whether a PEM body is more than a picture of one: it decodes."""
    lines = [line for line in body.split(b"\n") if b":" not in line and not line.startswith(b"=")]
    try:
        return len(base64.b64decode(b"".join(b"".join(lines).split()), validate=True)) >= 32
    except binascii.Error:
        return False


def _is_placeholder(token: bytes) -> bool:
    """Whether a token is written to be read: EXAMPLE, or one character again and again."""
    text = token.upper()
    return b"EXAMPLE" in text or b"XXXX" in text or b"0000000" in text or len(set(text)) < 10
