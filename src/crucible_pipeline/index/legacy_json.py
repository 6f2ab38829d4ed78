"""The JSON that update bots still ask an index for (`/pypi/<project>/json`), from what is published here.

No standard defines it; these are the fields that such programs read, each as true here as on the page.
Reads the store through the catalog.
"""

from packaging.metadata import RawMetadata, parse_email
from packaging.version import Version

from crucible_pipeline.index import simple
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.simple import File, Project
from crucible_pipeline.index.store import NotFound

TEXTS = (
    "summary",
    "description",
    "description_content_type",
    "license",
    "license_expression",
    "author",
    "author_email",
    "maintainer",
    "maintainer_email",
    "home_page",
)


def document(catalog: Catalog, name: str, version: Version | None, base_url: str) -> dict[str, object]:
    """A project's or a release's document.

    Args:
        catalog: what is published.
        name: the project's normalized name.
        version: None for the newest, with all releases beside it.
        base_url: of this index as the reader knows it, with the final slash.

    Raises:
        NotFound: no such project or release, or it offers no files.
    """
    project = catalog.project(name)
    if project.status.marker == "quarantined":
        raise NotFound(f"{name} is quarantined and offers no files")
    chosen = version if version is not None else _newest(project)
    files = project.of(chosen)
    if not files:
        raise NotFound(f"{name} {version} is not published here")
    found: dict[str, object] = {
        "info": _info(catalog, project, files, base_url),
        "last_serial": project.serial,
        "urls": [_file(file, base_url) for file in files],
        "vulnerabilities": [],
    }
    if version is None:
        found["releases"] = {
            str(each): [_file(file, base_url) for file in project.of(each)] for each in project.versions
        }
    return found


def _newest(project: Project) -> Version:
    """The release an installer would take: final before pre-release, and not yanked where possible."""
    return max(
        project.versions,
        key=lambda version: (project.of(version)[0].yanked is None, not version.is_prerelease, version),
    )


def _info(catalog: Catalog, project: Project, files: tuple[File, ...], base_url: str) -> dict[str, object]:
    try:
        metadata: RawMetadata = parse_email(catalog.store.get(files[0].metadata_key).data)[0]
    except NotFound:
        metadata = {}
    told = dict(metadata)
    yanked = files[0].yanked
    return {
        **{key: told.get(key) for key in TEXTS},
        "name": project.name,
        "version": str(files[0].filename.version),
        "requires_python": files[0].requires_python,
        "requires_dist": told.get("requires_dist"),
        "project_urls": told.get("project_urls"),
        "classifiers": told.get("classifiers", []),
        "keywords": ",".join(metadata.get("keywords", [])),
        "project_url": f"{base_url}project/{project.name}/",
        "package_url": f"{base_url}project/{project.name}/",
        "release_url": f"{base_url}project/{project.name}/",
        "yanked": yanked is not None,
        "yanked_reason": yanked or None,
    }


def _file(file: File, base_url: str) -> dict[str, object]:
    return {
        "filename": file.name,
        "url": f"{base_url}{simple.url_path(file)}",
        "digests": {"sha256": file.sha256},
        "size": file.size,
        "upload_time_iso_8601": file.uploaded,
        "upload_time": file.uploaded[:19],
        "packagetype": file.filename.kind,
        "python_version": "source" if file.filename.kind == "sdist" else "py3",
        "requires_python": file.requires_python,
        "has_sig": False,
        "yanked": file.yanked is not None,
        "yanked_reason": file.yanked or None,
    }
