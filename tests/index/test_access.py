import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.access import KEY, PREFIX, Access, Action, Forbidden, Unauthorized
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.store import NotFound

NOW = datetime(2024, 5, 6, tzinfo=UTC)


def basic(password: str, user: str = "__token__") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def access() -> Access:
    return Access(MemoryStore(), anonymous_read=False, clock=lambda: NOW)


# scope of the token → (action, project) → may
MATRIX: list[tuple[tuple[str, ...], tuple[Action, ...], Action, str | None, bool]] = [
    (("a",), ("upload",), "upload", "a", True),
    (("a",), ("upload",), "upload", "b", False),
    (("a",), ("upload",), "read", "a", True),
    (("a",), ("upload",), "read", "b", False),
    (("a",), ("upload",), "read", None, True),
    (("a",), ("read",), "read", "a", True),
    (("a",), ("read",), "upload", "a", False),
    (("a",), ("read",), "upload", None, False),
    (("a", "b"), ("upload",), "upload", "b", True),
    (("*",), ("upload",), "upload", "b", True),
    (("*",), ("read",), "read", "b", True),
    (("My.Project",), ("upload",), "upload", "my-project", True),
]


@pytest.mark.parametrize(("projects", "actions", "action", "project", "may"), MATRIX)
def test_a_token_allows_what_its_scope_says_and_nothing_else(  # noqa: PLR0917  a row of the matrix
    access: Access,
    projects: tuple[str, ...],
    actions: tuple[Action, ...],
    action: Action,
    project: str | None,
    may: bool,  # noqa: FBT001
) -> None:
    _, secret = access.create(projects, actions)
    for header in (basic(secret), basic(secret, "anyone"), f"Bearer {secret}", f"bearer {secret}"):
        if may:
            access.check(header, action, project)
        else:
            with pytest.raises(Forbidden):
                access.check(header, action, project)


@pytest.mark.parametrize(
    "header",
    [None, "", "Basic", "Basic !", "Basic YQ==", "Bearer", "Bearer x", "Digest x", basic(""), basic("ä")],
)
def test_without_a_known_token_nothing_is_allowed(access: Access, header: str | None) -> None:
    access.create(("*",))
    for action in ("read", "upload"):
        with pytest.raises(Unauthorized):
            access.check(header, action, "a")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_any_header_is_refused_as_unauthorized(header: str) -> None:
    with pytest.raises(Unauthorized):
        Access(MemoryStore(), anonymous_read=False).check(header, "upload", "a")


def test_strangers_may_read_where_that_is_said_and_never_upload() -> None:
    access = Access(MemoryStore(), anonymous_read=True)
    access.check(None, "read", "a")
    access.check(basic("a stale token"), "read", "a")
    with pytest.raises(Unauthorized):
        access.check(None, "upload", "a")


def test_a_token_ends_when_it_expires() -> None:
    moment = [NOW]
    access = Access(MemoryStore(), anonymous_read=False, clock=lambda: moment[0])
    _, secret = access.create(("*",), lifetime=timedelta(days=1))
    moment[0] = NOW + timedelta(hours=23)
    access.check(basic(secret), "upload", "a")
    moment[0] = NOW + timedelta(days=1)
    with pytest.raises(Unauthorized):
        access.check(basic(secret), "upload", "a")


def test_a_revoked_token_is_refused_at_once_also_by_another_process() -> None:
    store = MemoryStore()
    here, there = Access(store, anonymous_read=False), Access(store, anonymous_read=False)
    token, secret = here.create(("*",))
    there.check(basic(secret), "upload", "a")
    here.revoke(token.id)
    with pytest.raises(Unauthorized):
        there.check(basic(secret), "upload", "a")
    with pytest.raises(NotFound):
        here.revoke(token.id)


def test_a_secret_is_long_random_and_nowhere_in_the_store() -> None:
    store = MemoryStore()
    secrets = {Access(store).create(("a",))[1] for _ in range(3)}
    assert len(secrets) == 3
    for secret in secrets:
        assert secret.startswith(PREFIX)
        assert len(secret) >= 50
        assert secret.encode() not in store.get(KEY).data


def test_a_token_needs_projects_with_real_names(access: Access) -> None:
    for projects in ((), ("",), ("a/b",), ("**",)):
        with pytest.raises(Refused):
            access.create(projects)
    assert access.tokens() == ()


@pytest.mark.parametrize("data", [b"", b"[]", b'{"tokens": [{}]}', b'{"tokens": 1}'])
def test_broken_tokens_let_nobody_in(data: bytes) -> None:
    store = MemoryStore()
    store.create(KEY, data)
    with pytest.raises(CannotDo):
        Access(store, anonymous_read=False).check(basic("x"), "read", "a")
