"""`crucible index publisher`: which CI jobs publish which projects, without any kept token."""

import re
from collections.abc import Callable
from typing import Annotated

import typer

from crucible_pipeline.cli.app import print_json
from crucible_pipeline.cli.index_options import Data, Format
from crucible_pipeline.cli.serve import DEFAULT_DATA
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.audit import this_user
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.origins import GITHUB, GITLAB, Origin, any_issuer, github, gitlab
from crucible_pipeline.index.place import store_at
from crucible_pipeline.index.publishers import Publisher
from crucible_pipeline.index.store import NotFound, Store


def register(group: typer.Typer, existing: Callable[[str], Store]) -> None:
    """Add the commands.

    Args:
        group: `crucible index`.
        existing: gives the store of an index that is there.
    """
    publisher = typer.Typer(help="Trusted publishers: CI jobs that publish.", no_args_is_help=True)
    group.add_typer(publisher, name="publisher")
    _register_add(publisher)
    _register_list(publisher, existing)

    @publisher.command(name="remove")
    def remove(publisher_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = DEFAULT_DATA) -> None:
        """Take a publisher away; the tokens that it got are refused at once."""
        access = Access(existing(data))
        gone = access.publishers.get(publisher_id)
        with access.ledger.change(this_user(), "publisher-removed", gone.project, publisher=gone.id):
            access.publishers.remove(gone.id)
        print(f"publisher {gone.id} of {gone.project} is removed")

    @publisher.command(name="audience")
    def audience(
        name: Annotated[str | None, typer.Argument(help="From now on; shown if not given.")] = None,
        *,
        data: Data = DEFAULT_DATA,
    ) -> None:
        """Show or set what CI jobs make their identity tokens for, when they are for this index."""
        access = Access(existing(data))
        if name is not None:
            with access.ledger.change(this_user(), "audience-set", None, audience=name):
                access.publishers.set_audience(name)
        print(access.publishers.audience or "none: add a publisher first, or give a name")


def _register_add(group: typer.Typer) -> None:
    @group.command(name="add")
    def add(
        project: Annotated[str, typer.Argument(help="It need not be published yet.")],
        *,
        repository: Annotated[
            str | None, typer.Option("--github", metavar="OWNER/NAME", help="A GitHub repository.")
        ] = None,
        owner_id: Annotated[
            str | None, typer.Option(help="The number of its owner: gh api users/OWNER --jq .id")
        ] = None,
        workflow: Annotated[
            str | None, typer.Option(help="Its workflow file, as release.yml, without a folder.")
        ] = None,
        path: Annotated[
            str | None, typer.Option("--gitlab", metavar="GROUP/NAME", help="A GitLab project.")
        ] = None,
        pipeline: Annotated[str, typer.Option(help="Its top-level pipeline file.")] = ".gitlab-ci.yml",
        environment: Annotated[
            str | None, typer.Option(help="Of the job, in GitHub or GitLab; any if not given.")
        ] = None,
        issuer: Annotated[
            str | None, typer.Option(metavar="URL", help="Of an own GitHub or GitLab server, or any other.")
        ] = None,
        claim: Annotated[
            list[str] | None,
            typer.Option(metavar="NAME=VALUE", help="Of any other issuer: what its tokens have to say."),
        ] = None,
        audience: Annotated[
            str | None, typer.Option(help="Of any other issuer: what its tokens are for, if not this index.")
        ] = None,
        data: Data = DEFAULT_DATA,
        form: Format = "text",
    ) -> None:
        """Let a CI job publish a project; kept tokens are refused for it from then on.

        Name the job by --github with --owner-id and --workflow, by --gitlab, or by --issuer with --claim.
        """
        if sum(each is not None for each in (repository, path, claim)) != 1:
            raise Refused("one CI job has to be named", "give --github, --gitlab, or --issuer with --claim")
        if repository is not None:
            if owner_id is None or workflow is None:
                raise Refused("a GitHub repository alone is not enough", "give --owner-id and --workflow too")
            origin = github(repository, owner_id, workflow, environment, issuer or GITHUB)
        elif path is not None:
            origin = gitlab(path, pipeline, environment, issuer or GITLAB)
        else:
            origin = any_issuer(issuer or "", audience, _claims(claim or []))
        access = Access(store_at(data))
        made = _added(access, project, origin)
        if form == "json":
            print_json(_row(made, access, store_at(data)))
            return
        print(f"publisher {made.id} of {made.project}: {made}")
        print(_needed(made, made.audience or access.publishers.audience or ""))


def _register_list(group: typer.Typer, existing: Callable[[str], Store]) -> None:
    @group.command(name="list")
    def show(data: Data = DEFAULT_DATA, form: Format = "text") -> None:
        """List the publishers; a pending one is of a project that has published nothing yet."""
        store = existing(data)
        access = Access(store)
        rows = [(each, _row(each, access, store)) for each in access.publishers.all]
        if form == "json":
            print_json([row for _, row in rows])
            return
        for each, row in rows:
            print(f"{each.id}  {each.project}{'  (pending)' if row['pending'] else ''}  {each}")


def _added(access: Access, project: str, origin: Origin) -> Publisher:
    made = access.publishers.new(project, origin)
    told = {"publisher": made.id, "issuer": made.issuer, "what": str(made)}
    with access.ledger.change(this_user(), "publisher-added", made.project, **told):
        access.publishers.add(made)
    return made


def _claims(texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals or not value or name in found:
            raise Refused(f"{text[:80]!r} is no claim, or given twice", "write it as sub=the-job")
        found[name] = value
    return found


def _row(publisher: Publisher, access: Access, store: Store) -> dict[str, object]:
    try:
        Catalog(store).project(publisher.project)
        pending = False
    except NotFound:
        pending = True
    return {
        "id": publisher.id,
        "project": publisher.project,
        "kind": publisher.kind,
        "issuer": publisher.issuer,
        "audience": publisher.audience or access.publishers.audience,
        "claims": {each.claim: each.value for each in publisher.conditions},
        "created": publisher.created,
        "pending": pending,
    }


def _needed(publisher: Publisher, audience: str) -> str:
    """What the CI job has to say, in one line."""
    if publisher.kind == "github":
        return "the job needs: permissions: {id-token: write}"
    if publisher.kind == "gitlab":
        # As the `id` library names it, which twine and uv follow.
        variable = re.sub(r"[^A-Z0-9_]|^[^A-Z_]", "_", audience.upper())
        return f"the job needs: id_tokens: {{{variable}_ID_TOKEN: {{aud: {audience}}}}}"
    return f"the job needs an identity token for the audience {audience}"
