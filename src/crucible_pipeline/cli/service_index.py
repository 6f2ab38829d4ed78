"""The index that commands about services ask: the one given, the environment's, or pip's own."""

import os
import re
from pathlib import Path

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index.client import Index
from crucible_pipeline.index.saved import Saved
from crucible_pipeline.upgrade.shelf import pip_index_url

_USERINFO = re.compile(r"://[^/]*@")


RETRIES = 4


def service_index(given: str, cache: Path | None = None) -> Index:
    """Open the index; the token of CRUCIBLE_TOKEN goes only to one that was named for it.

    Args:
        given: by an option; empty for none.
        cache: a folder for what it answers; None keeps nothing.

    Raises:
        CannotDo: none is configured.
    """
    own = given or os.environ.get("CRUCIBLE_INDEX_URL", "")
    url = own or pip_index_url(os.environ)
    if not url:
        raise CannotDo("no package index is configured", "give one with --index-url or CRUCIBLE_INDEX_URL")
    # pip's index may be another party's
    token = os.environ.get("CRUCIBLE_TOKEN") if own and not _USERINFO.search(own) else None
    saved = Saved(cache / "index") if cache is not None else None
    return Index(url, "__token__" if token else None, token, saved=saved, retries=RETRIES)
