"""The index over HTTP, as one application: what installers ask first is answered without the rest.

The routes, and all that they need, are loaded when a request first needs them or when the server, which
listens by then, asks for it: the first page does not wait for the pages for people or the checks of uploads.
"""

from collections import Counter

from starlette.types import ASGIApp

from crucible_pipeline.index.access import Access
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.express import Express
from crucible_pipeline.index.hot import HotPages
from crucible_pipeline.index.later import Later
from crucible_pipeline.index.terms import NO_TERMS, Terms


def application(catalog: Catalog, access: Access, terms: Terms = NO_TERMS) -> Express:
    """The whole index, as an application of granian's interface and of ASGI.

    Args:
        catalog: what is published.
        access: who may read and upload.
        terms: what may enter, and where the rest comes from.
    """
    hot, answered = HotPages(catalog.store), Counter[tuple[str, int]]()

    def made() -> ASGIApp:
        from crucible_pipeline.index.site import routed  # noqa: PLC0415  see above

        return routed(catalog, access, terms, hot, answered)

    return Express(Later(made), access, hot, catalog.store, answered)
