"""Takes a release from the index where it was staged: the same bytes go on, and nothing is built again."""

from collections.abc import Mapping
from pathlib import Path

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index.client import Index
from crucible_pipeline.release.tagged import Tagged
from crucible_pipeline.release.target import Target

TOKEN = "CRUCIBLE_STAGING_TOKEN"  # noqa: S105  the name of the variable


def fetched(staging: Target, release: Tagged, environ: Mapping[str, str], dist: Path) -> list[str]:
    """Download wheel and sdist of a release, each with its hash checked.

    Args:
        staging: the index that lists it.
        release: the tag; its contents are compared with the files afterwards.
        environ: the caller's, with the credential where .pypirc has none.
        dist: folder that takes the files; made if it does not exist.

    Returns:
        Their names.

    Raises:
        CannotDo: the index does not list both, or does not answer.
        Refused: a file arrived with another hash.
    """
    dist.mkdir(parents=True, exist_ok=True)
    # The token of the index that releases go to is none of the staging index's business.
    token = environ.get(TOKEN)
    username, password = staging.login or (("__token__", token) if token else (None, None))
    with Index(staging.simple_url, username, password) as index:
        listed = [
            one
            for one in index.releases(release.project.package.distribution)
            if one.version == release.version and one.yanked is None
        ]
        if sorted(one.kind for one in listed) != ["bdist_wheel", "sdist"]:
            raise CannotDo(
                f"{staging.simple_url} lists {len(listed)} files of {release.version}, not wheel and sdist",
                "publish it there first",
            )
        for one in listed:
            (dist / f".{one.filename}.part").write_bytes(index.download(one))
            (dist / f".{one.filename}.part").replace(dist / one.filename)
    return [one.filename for one in listed]
