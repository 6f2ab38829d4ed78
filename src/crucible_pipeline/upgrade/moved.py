"""What a commit that moved the pins means for a service, whoever made it: a person, or another program."""

from dataclasses import replace

from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.changelog import between
from crucible_pipeline.upgrade.impact import impact, needles
from crucible_pipeline.upgrade.plan import plan
from crucible_pipeline.upgrade.plumbing import files_of
from crucible_pipeline.upgrade.proposal import Facts
from crucible_pipeline.upgrade.service import Service, python_files
from crucible_pipeline.upgrade.shelf import Shelf


def moved_since(service: Service, ref: str, shelf: Shelf) -> Facts | None:
    """Compare what the pins install with what they installed at another commit.

    Args:
        service: as it is committed now.
        ref: names the commit before; of a pull request the branch that it goes to.
        shelf: the releases of the package.

    Returns:
        None where they install the same, or nothing.

    Raises:
        Refused: there is no such commit.
        CannotDo: the index or the repository cannot be read.
    """
    repository = service.repository
    tip = repository.commit_of(ref)
    if tip is None:
        raise Refused(f"{ref} names no commit", "fetch it, or name another one")
    # what the base got meanwhile is not this commit's doing
    has_fork = repository.holds("merge-base", tip, service.commit)
    fork = repository.run("merge-base", tip, service.commit) if has_fork else tip
    before = replace(service, commit=fork, files=files_of(repository, fork), checked_out=False)
    old, new = plan(before, shelf, None).installed, plan(service, shelf, None).installed
    if new is None or old == new:
        return None
    facts = Facts(package=shelf.package, service=service.name, moves=(), installed=old, target=new)
    wanted = shelf.contract(new)
    contract = shelf.contract(old) if old is not None and old in shelf.candidates() else None
    if old is None or contract is None or wanted is None:
        return facts
    changes = shelf.changes(old, new)
    files, unread = python_files(service, needles(changes, contract, wanted))
    found = impact(changes, contract, wanted, {service.shown(path): text for path, text in files.items()})
    return replace(
        facts,
        changes=changes,
        hits=found.hits,
        waivers=wanted.waivers,
        changelog=between(shelf.changelog(new) or "", old, new),
        notes=(*unread, *found.unread),
    )
