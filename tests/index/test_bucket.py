"""The store in a bucket, against a real SeaweedFS; one group, so that one process starts it."""

import pytest

from crucible_pipeline.index.bucket import BucketStore
from index.store_laws import LAWS, Law

pytestmark = pytest.mark.xdist_group("s3")


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_bucket_keeps_every_law_of_stores(law: Law, bucket: str) -> None:
    law(BucketStore(bucket))
