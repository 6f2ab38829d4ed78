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
_ROTATE = "leave it out, and revoke it: whoever had the file may have read it"
# What it is, what every one of its kind holds, and its whole form: the second is quick to look for.
_TOKENS = tuple(
    (what, marks, re.compile(pattern))
    for what, marks, pattern in (
        (
            "an access key of AWS",
            (b"AKIA", b"ASIA"),
            rb"(?<![A-Za-z0-9/+])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9/+=])",
        ),
        (
            "a token of GitHub",
            (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
            rb"\bgh[pousr]_[A-Za-z0-9]{36,255}\b",
        ),
        ("a token of GitHub", (b"github_pat_",), rb"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
        (
            "a token of GitLab",
            (b"glpat-", b"gldt-", b"glrt-"),
            rb"\bgl(?:pat|dt|rt)-[A-Za-z0-9_.-]{20,64}(?![\w-])",
        ),
        ("a token of a package index", (b"pypi-AgE",), rb"\bpypi-AgE[A-Za-z0-9_-]{60,}"),
        ("a token of this kind of index", (b"crucible_",), rb"\bcrucible_[A-Za-z0-9_-]{43}(?![\w-])"),
        ("a token of npm", (b"npm_",), rb"\bnpm_[A-Za-z0-9]{36}\b"),
        ("a token of Slack", (b"xox",), rb"\bxox[abeoprs]-[0-9]{10,13}-[A-Za-z0-9-]{10,}"),
        ("a key of Stripe", (b"k_live_",), rb"\b[rs]k_live_[A-Za-z0-9]{24,99}\b"),
        ("a key of Anthropic", (b"sk-ant-",), rb"\bsk-ant-(?:api|admin)[0-9]{2}-[A-Za-z0-9_-]{80,}"),
        ("a key of OpenAI", (b"T3BlbkFJ",), rb"\bsk-[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}"),
        ("a token of Hugging Face", (b"hf_",), rb"\bhf_[A-Za-z]{34}\b"),
        ("a key of SendGrid", (b"SG.",), rb"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![\w-])"),
        ("a token of DigitalOcean", (b"_v1_",), rb"\bdo[opr]_v1_[a-f0-9]{64}\b"),
        ("a token of HashiCorp Vault", (b"hvs.",), rb"\bhvs\.[A-Za-z0-9_-]{90,}"),
        ("a token of Docker Hub", (b"dckr_pat_",), rb"\bdckr_pat_[A-Za-z0-9_-]{27}(?![\w-])"),
    )
)


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
    if len(content) > MAX_TEXT or b"\0" in content:
        return
    if b"PRIVATE KEY" in content and not _is_made_up(name):
        for match in _KEY.finditer(content):
            if _is_key(match.group(2)):
                yield Fault("secret", f"holds a private key in {quoted(name)}", _ROTATE)
                break
    for what, marks, pattern in _TOKENS:
        if not any(mark in content for mark in marks):
            continue
        if any(not _is_placeholder(match.group()) for match in pattern.finditer(content)):
            yield Fault("secret", f"holds {what} in {quoted(name)}", _ROTATE)


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
