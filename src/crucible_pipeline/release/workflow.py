"""Trusts a workflow of a GitHub repository, of which Sigstore vouches. Touches Sigstore's trust root.

Sources: PEP 740, "Attestation verification"; Sigstore's certificates name repository and workflow.
"""

import re
from collections.abc import Mapping
from typing import Any

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.names import Filename
from crucible_pipeline.release.consumer import Signer
from crucible_pipeline.release.evidence import Opener

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_WORKFLOW = re.compile(r"[\w.-]+\.ya?ml", re.ASCII)


def by_workflow(repository: str, workflow: str, *, offline: bool) -> Signer:
    """Trust what a workflow signs.

    Args:
        repository: as OWNER/NAME.
        workflow: its file below .github/workflows.
        offline: take the trust root as it was last fetched, and ask nobody.

    Raises:
        Refused: these name no workflow.
        CannotDo: nothing here reads Sigstore's signatures, or its trust root cannot be had.
    """
    if not _REPOSITORY.fullmatch(repository) or not _WORKFLOW.fullmatch(workflow):
        raise Refused(f"{repository!r} with {workflow!r} is no workflow", "write --github OWNER/NAME")
    try:
        from pydantic import ValidationError  # noqa: PLC0415  likewise
        from pypi_attestations import (  # noqa: PLC0415  it brings all of Sigstore
            Attestation,
            AttestationError,
            Distribution,
            GitHubPublisher,
        )
        from sigstore.errors import Error  # noqa: PLC0415  likewise
    except ImportError:
        raise CannotDo(
            "nothing here can read a signature by Sigstore", 'install "crucible-pipeline[release]"'
        ) from None
    publisher = GitHubPublisher(repository=repository, workflow=workflow)

    def opener(name: Filename, sha256: str) -> Opener:
        def opened(text: bytes) -> Mapping[str, Any]:
            try:
                attestation = Attestation.model_validate_json(text)
                attestation.verify(publisher, Distribution(name=name.text, digest=sha256), offline=offline)
            except (ValidationError, AttestationError, ValueError) as error:
                reason = str(error).splitlines()[0][:200]
                raise Refused(f"{repository} has not signed it: {reason}", "ask the publisher") from None
            except Error as error:
                raise CannotDo(f"Sigstore's trust root cannot be had: {error}", "try again") from None
            return attestation.statement

        return opened

    return Signer(f"{workflow} of {repository}", opener)
