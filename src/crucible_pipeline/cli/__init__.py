"""The command line: the thinnest room. Only here is anything printed and are exit codes known."""

from crucible_pipeline.cli.app import main, run

__all__ = ["main", "run"]
