"""A package index over any store; the PEP 691 document of a project is its database."""
