"""Releases: a tag becomes artifacts, and artifacts an entry in the index."""
