"""Gathers from the store what the page of a release shows, within bounds."""

import json
from collections.abc import Sequence

from packaging.version import Version

from crucible_pipeline.index import inside, releases
from crucible_pipeline.index.about import MARKDOWN, RST, About, about
from crucible_pipeline.index.apart import Apart, Busy
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.difference import SNAPSHOT
from crucible_pipeline.index.pins import Pins
from crucible_pipeline.index.reference import NAME
from crucible_pipeline.index.releases import Release, release_of
from crucible_pipeline.index.shown import Shown, Text, Use, published_by
from crucible_pipeline.index.simple import File
from crucible_pipeline.index.store import NotFound

README = "crucible_pipeline.index.readme"
MAX_ATTESTED = 40


class Shelf:
    """Where it is gathered.

    Args:
        catalog: what is published.
        apart: renders texts.
    """

    def __init__(self, catalog: Catalog, apart: Apart) -> None:
        self._catalog, self._store, self._apart = catalog, catalog.store, apart
        self._pins = Pins(catalog.store)

    def shown(self, name: str, version: Version | None = None) -> Shown:
        """A release, or the one that an installer would take.

        Args:
            name: of the project, normalized.
            version: None for the newest.

        Raises:
            NotFound: no such project or release.
        """
        project = self._catalog.project(name)
        found = releases.releases(project)
        if not found:
            raise NotFound(f"the project {name} has no release here any more")
        newest = releases.newest(found)
        release = newest if version is None else release_of(found, name, version)
        pins = self._pins.of(name)
        uses = [Use(pin, releases.installed_by(pin.versions, found)) for pin in pins]
        if project.status.marker == "quarantined":
            return Shown(name, project.status, release, newest, found, About(), Text(), {}, uses)
        said = self._about(release)
        return Shown(
            name,
            project.status,
            release,
            newest,
            found,
            said,
            self.text(said.description, said.kind, release.files[0].sha256, below=2),
            self._publishers(release),
            uses,
            has_reference=inside.has(self._store, release.files, NAME),
            has_contract=inside.has(self._store, release.files, SNAPSHOT),
            has_changelog=inside.changelog(self._store, release.files) is not None,
        )

    def text(self, text: str, kind: str, sha256: str, below: int) -> Text:
        """A text of an author, rendered where that ends in time.

        Args:
            text: as written.
            kind: its media type.
            sha256: of the file that holds it.
            below: the level of the heading that it stands under.
        """
        if kind not in {MARKDOWN, RST} or not text.strip():
            return Text(None, text)
        question = json.dumps({"text": text, "type": kind, "below": below}).encode()
        try:
            answer = self._apart.answer(README, (sha256, kind, str(below)), lambda: question)
        except Busy:
            answer = None
        return Text(answer.decode() if answer else None, text)

    def changelog(self, name: str, content: bytes, file: File) -> Text:
        """A changelog that was found in a distribution.

        Args:
            name: of the changelog.
            content: its bytes.
            file: the distribution.
        """
        kinds = {".md": MARKDOWN, ".rst": RST}
        kind = next((kind for end, kind in kinds.items() if name.lower().endswith(end)), "text/plain")
        return self.text(content.decode("utf-8", "replace"), kind, file.sha256, below=1)

    def _about(self, release: Release) -> About:
        """What the release's metadata says; a wheel's comes first, since it is final."""
        for file in sorted(release.files, key=lambda file: file.filename.kind):
            try:
                return about(self._store.get(file.metadata_key).data)
            except NotFound:
                continue
        return About()

    def _publishers(self, release: Release) -> dict[str, Sequence[str]]:
        attested = [file for file in release.files if file.attested][:MAX_ATTESTED]
        return {file.name: self._publishers_of(file) for file in attested}

    def _publishers_of(self, file: File) -> Sequence[str]:
        try:
            return published_by(self._store.get(file.provenance_key).data)
        except NotFound:
            return ()
