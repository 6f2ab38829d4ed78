"""`python -m crucible_pipeline.cli`, where the script is not on PATH."""

from crucible_pipeline.cli import run

run()
