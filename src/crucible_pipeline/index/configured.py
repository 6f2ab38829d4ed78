"""Which index pip on this machine asks. Runs pip, which alone knows its own configuration and default."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from crucible_pipeline.errors import CannotDo

SECONDS = 60
# pip shows the values that its configuration gives as the defaults of its options.
_DEFAULT = re.compile(r"--index-url <url>\s.*?\(default (\S+)\)", re.DOTALL)
GIVE_IT = "name an index with --upstream, or use --no-upstream"


def pip_index_url() -> str:
    """The address of the index that `pip install` would ask first.

    Raises:
        CannotDo: there is no pip, or it does not tell, or no server can ask that index.
    """
    for command in _pips():
        text = _help(command)
        match = _DEFAULT.search(text)
        if match is None:
            continue
        url = match.group(1)
        if ":****@" in url:
            todo = "give its address with them in CRUCIBLE_UPSTREAM, or use --no-upstream"
            raise CannotDo("the index that pip is configured for needs credentials", todo)
        if urlsplit(url).scheme not in {"http", "https"}:
            raise CannotDo("the index that pip is configured for is a folder", GIVE_IT)
        return url
    raise CannotDo("there is no pip that tells which index it is configured for", GIVE_IT)


def _pips() -> list[list[str]]:
    found = [path for name in ("pip3", "pip") if (path := shutil.which(name))]
    return [[sys.executable, "-m", "pip"], *([path] for path in found)]


def _help(command: Sequence[str]) -> str:
    environment = {**os.environ, "COLUMNS": "5000", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            [*command, "install", "--help"],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
