"""A schema with other values of some of its keywords, pure."""

from crucible_pipeline.contracts.sparse import changed

__all__ = ["changed"]
