"""`crucible serve`: the package index of a folder."""

import ipaddress
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated

import typer

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index import DEFAULT_HOST, DEFAULT_PORT, journal
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.audit import Ledger, this_user
from crucible_pipeline.index.catalog import Candidate
from crucible_pipeline.index.configured import pip_index_url
from crucible_pipeline.index.difference import Contracts, Rule
from crucible_pipeline.index.place import store_at
from crucible_pipeline.index.policy import EVERY, Policies
from crucible_pipeline.index.reserved import Reserved
from crucible_pipeline.index.store import Store

DEFAULT_DATA = ".crucible/index"
Kept = Annotated[
    float, typer.Option(min=0, metavar="GIB", help="How much of the upstream's files is kept, in GiB.")
]
Proxies = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ADDRESS",
        help="A proxy in front, or its network, that says for whom it asks; everybody needs a token.",
    ),
]
Prefixes = Annotated[
    list[str] | None,
    typer.Option(help="A beginning of names, as crucible-, that is never asked for upstream; it stays."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(name="serve")
    def command(
        *,
        data: Annotated[
            str,
            typer.Option(
                help="The folder that holds the index, or s3://, gs:// or az:// with bucket and prefix."
            ),
        ] = DEFAULT_DATA,
        host: Annotated[str, typer.Option(help="The address to listen on.")] = DEFAULT_HOST,
        port: Annotated[int, typer.Option(min=1, max=65535, help="The TCP port.")] = DEFAULT_PORT,
        open_to_all: Annotated[
            bool, typer.Option("--open", help="Let other machines read without a token.")
        ] = False,
        upstream: Annotated[
            str | None,
            typer.Option(
                envvar="CRUCIBLE_UPSTREAM",
                help="The index that has all other names; else the one that pip here is configured for.",
            ),
        ] = None,
        no_upstream: Annotated[
            bool, typer.Option("--no-upstream", help="Serve the names of this index alone.")
        ] = False,
        keep_upstream: Kept = 20.0,
        trusted_proxy: Proxies = None,
        reserve: Prefixes = None,
        require_attestations: Annotated[
            bool,
            typer.Option(
                "--require-attestations", help="Take no file without attestations from now on; it stays."
            ),
        ] = False,
    ) -> None:
        """Serve a package index, until interrupted: pip and uv read from it, twine and uv upload to it."""
        proxies = _proxies(trusted_proxy or ())
        store = store_at(data)
        _settle(store, reserve or (), attested=require_attestations)
        try:
            # Here, so that the other commands start without a server, also where none is installed.
            from crucible_pipeline.index.server import Rules, serve  # noqa: PLC0415
        except ImportError as error:
            raise CannotDo(
                f"the server's packages are not installed ({error.name} is missing)",
                'install "crucible-pipeline[index]"',
            ) from error

        other = None if no_upstream else _other(upstream)
        named = "the given upstream" if upstream else "the index that pip is configured for"
        started = partial(_tell, data, None if other is None else named)
        contracts = Contracts("crucible_pipeline.release.difference", _rules)
        rules = Rules(_gate, other, contracts, proxies, int(keep_upstream * (1 << 30)))
        with journal.told_to(sys.stderr):
            serve(store, host=host, port=port, rules=rules, open_to_all=open_to_all, started=started)


def _proxies(given: Iterable[str]) -> tuple[str, ...]:
    """Addresses and networks.

    Raises:
        Refused: one is neither.
    """
    try:
        return tuple(str(ipaddress.ip_network(each)) for each in given)
    except ValueError as error:
        raise Refused(
            f"--trusted-proxy takes an address or a network: {error}", "write it as 10.0.0.5 or 10.0.0.0/24"
        ) from None


def _settle(store: Store, reserve: Iterable[str], *, attested: bool) -> None:
    """Write down what the options say for good, each with an entry in the audit log."""
    reserved, policies = Reserved(store), Policies(store)
    for prefix in reserve:
        if not reserved.covers(prefix):
            with Ledger(store).change(this_user(), "reserved", None, prefix=prefix):
                reserved.add(prefix)
    if attested and not policies.of(EVERY).attested:
        with Ledger(store).change(this_user(), "policy", None, attested="True"):
            policies.set(EVERY, attested=True)


def _gate(candidate: Candidate) -> str | None:
    """The gate of contracts, loaded with the first upload: the first page does not wait for it."""
    from crucible_pipeline.release.gate import gate  # noqa: PLC0415

    return gate(candidate)


def _rules() -> tuple[Rule, ...]:
    """All rules of contracts; likewise."""
    from crucible_pipeline.release.difference import rules  # noqa: PLC0415

    return rules()


def _other(upstream: str | None) -> Callable[[], str]:
    """What gives the upstream's address: the given one, or pip when it is first needed.

    Raises:
        Refused: the given one is none.
    """
    if not upstream:
        return pip_index_url
    # Here likewise: its HTTP client takes a tenth of a second to load.
    from crucible_pipeline.index.upstream import checked  # noqa: PLC0415

    return partial(str, checked(upstream))


def _tell(data: str, source: str | None, url: str, access: Access) -> None:
    lines = [f"the index of {data} is at {url}simple/, uploads go to {url}legacy/"]
    if source is not None:
        lines.append(f"names that are not its own come from {source}")
    if not access.tokens():
        where = f" --data {data}" if data != DEFAULT_DATA else ""
        lines.append(f"to upload, make a token: crucible index token create --project NAME{where}")
    for line in lines:
        journal.LOG.info(line)
