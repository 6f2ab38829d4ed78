"""Runs a program to its end, with what it printed in the error where it fails."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from crucible_pipeline.errors import CannotDo

_SECONDS = 900
_LINES = 25


def run(
    argv: Sequence[str], environment: Mapping[str, str], folder: Path, what: str, hidden: Sequence[str] = ()
) -> str:
    """Run a program to its end and return what it printed.

    Args:
        argv: without any secret.
        environment: all of it.
        folder: where it runs.
        what: how an error calls it.
        hidden: secrets that the program knows; they are masked in what it printed.

    Raises:
        CannotDo: it failed or took too long; the error holds the end of its output.
    """
    try:
        done = subprocess.run(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
            umask=0o022,
        )
    except subprocess.TimeoutExpired:
        raise CannotDo(f"{what} took longer than {_SECONDS} seconds", "try again") from None
    said = done.stdout.decode(errors="replace")
    for secret in filter(None, hidden):
        said = said.replace(secret, "****")
    if done.returncode:
        end = "\n".join(said.strip().splitlines()[-_LINES:])
        raise CannotDo(f"{what} failed with exit code {done.returncode}:\n{end}")
    return said
