"""The documents of projects: read, and changed by one compare-and-swap for all who want to change one now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index import simple
from crucible_pipeline.index.rendering import Rendering
from crucible_pipeline.index.simple import Project
from crucible_pipeline.index.store import Conflict, NotFound, Store
from crucible_pipeline.index.turns import Turns

# A conflict means that another writer succeeded, so this many in a row mean that something is broken.
MAX_ATTEMPTS = 1000
MAX_HELD = 16


@dataclass(slots=True)
class _Wish:
    """A change that a thread wants, and what became of it."""

    change: Callable[[Project], Project | None]
    or_new: bool
    changed: bool = False
    error: Exception | None = None


class Documents:
    """The documents in a store. Calls from any thread are fine.

    Args:
        store: others, also in other processes, may write to it meanwhile.
        clock: gives the time, in UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._rendering = Rendering(store)
        self._turns = Turns(self._grant)
        # Read lately; valid as long as their tags are.
        self._held: dict[str, tuple[Project, str]] = {}

    def change(self, name: str, change: Callable[[Project], Project | None], *, or_new: bool = False) -> bool:
        """Swap a project's document, as often as others come in between, and render it.

        Args:
            name: normalized.
            change: gives the new project, or None to leave it.
            or_new: whether the project may be a new one.

        Returns:
            Whether it was changed.

        Raises:
            NotFound: there is no such project.
        """
        wish = _Wish(change, or_new)
        self._turns.take(name, wish)
        if wish.error is not None:
            raise wish.error
        return wish.changed

    def _grant(self, name: str, wishes: Sequence["_Wish"]) -> None:
        """Make the changes that several threads want by one swap, and one rendering."""
        try:
            for _ in range(MAX_ATTEMPTS):
                before, etag = self.load(name, or_new=True)
                project = before
                for wish in wishes:
                    project = self._granted(wish, project, is_there=etag is not None)
                if project is not before:
                    try:
                        tag = self._store.swap(simple.key_of(name), simple.dump(project), etag)
                    except Conflict:
                        continue
                    self._remember(name, tag, project)
                if project is not before or any(wish.error is None for wish in wishes):
                    self.render(name)
                return
            raise CannotDo(f"{name} changes too fast for one more change", "try again")
        except Exception as error:  # noqa: BLE001  whatever it is, each of the waiting threads has to hear of it
            for wish in wishes:
                wish.error = wish.error or error

    def _granted(self, wish: "_Wish", project: Project, *, is_there: bool) -> Project:
        """The project with what one wish makes of it, which is nothing where it fails."""
        wish.changed, wish.error = False, None
        try:
            if not is_there and not wish.or_new:
                raise NotFound(f"the project {project.name} has published nothing here")
            changed = wish.change(project)
        except Exception as error:  # noqa: BLE001  its own thread raises it
            wish.error = error
            return project
        if changed is None:
            return project
        wish.changed = True
        # Milliseconds, so that serials of different projects compare; never backwards with the clock.
        return replace(changed, serial=max(project.serial + 1, int(self._clock().timestamp() * 1000)))

    def load(self, name: str, *, or_new: bool = False) -> tuple[Project, str | None]:
        """A project as its document says, and the document's etag.

        Args:
            name: normalized.
            or_new: whether one without a document counts as a new one, whose etag is None.

        Raises:
            NotFound: it has none.
        """
        key = simple.key_of(name)
        try:
            held = self._held.get(name)
            if held is not None and self._store.is_local and self._store.tag(key) == held[1]:
                return held
            blob = self._store.get(key)
        except NotFound:
            if or_new:
                return Project(name), None
            raise NotFound(f"the project {name} has published nothing here") from None
        project = simple.restore(blob.data, key)
        self._remember(name, blob.etag, project)
        return project, blob.etag

    def _remember(self, name: str, tag: str, project: Project) -> None:
        if len(self._held) >= MAX_HELD:
            self._held.clear()
        self._held[name] = (project, tag)

    def render(self, name: str) -> None:
        """Bring what is derived from a project's document up to it: its HTML and the list of projects."""
        self._rendering.render(name, lambda: self.load(name)[0])
