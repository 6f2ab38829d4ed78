"""A service of copied contracts to the package: edits at places, and what is left for a person."""
