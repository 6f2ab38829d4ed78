"""Whom an HTTPS client of ours trusts: whom pip trusts on the same machine, so that it reaches the same."""

import functools
import os
import ssl

import httpx


@functools.cache
def trust() -> ssl.SSLContext:
    """The authorities that are trusted; read once, for that takes longer than a request.

    Where SSL_CERT_FILE or SSL_CERT_DIR names some, these and no others. Otherwise those of the machine, to
    which a company adds its own, and those that httpx brings along for machines that have none.
    """
    context = httpx.create_ssl_context()
    if not os.environ.get("SSL_CERT_FILE") and not os.environ.get("SSL_CERT_DIR"):
        context.set_default_verify_paths()
    return context
