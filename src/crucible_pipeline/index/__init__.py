"""A package index over any store; the PEP 691 document of a project is its database."""

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8470
