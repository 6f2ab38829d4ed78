"""The law of `Forge`, for GitHub, GitLab and Gitea, over real HTTP; and what a forge in trouble comes to."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.upgrade.forge import Draft, Forge
from crucible_pipeline.upgrade.forge_place import Kind, Place
from crucible_pipeline.upgrade.publish import connected
from index.loopback import answering
from upgrade.forge_repository import place, project
from upgrade.forge_server import Handler, serving
from upgrade.forge_world import READ_ONLY, TOKEN, Fault, Pull, World

BRANCH = "crucible/crucible-shared-0.4"
DRAFT = Draft(branch=BRANCH, base="main", title="Upgrade", body="line\n\n- item", label="crucible: safe")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A project with two branches beside main; what it is besides is each test's own."""
    root = tmp_path_factory.mktemp("forge")
    world = World(root / "repositories")
    service = project(world, root / "service")
    for branch in (BRANCH, "crucible/crucible-shared-0.5"):
        world.git("update-ref", f"refs/heads/{branch}", service.git("rev-parse", "HEAD"))
        world.commit_as_a_person(branch, "more.txt", branch)
    return world


@pytest.fixture
def world(repository: World) -> World:
    return World(repository.root)


@pytest.fixture(params=list(Kind))
def at(world: World, request: pytest.FixtureRequest) -> Iterator[Place]:
    with serving(world) as url:
        yield place(request.param, url)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def forge(at: Place, waits: list[float]) -> Iterator[Forge]:
    with connected(at, waits.append) as forge:
        yield forge


# the law


def test_what_was_opened_is_listed_as_it_was_drafted(forge: Forge, world: World) -> None:
    made = forge.open(DRAFT)
    (listed,) = forge.open_proposals()
    assert (listed.number, listed.branch, listed.base, listed.title) == (1, BRANCH, "main", "Upgrade")
    assert listed.body.replace("\r\n", "\n") == DRAFT.body
    assert listed.labels == (DRAFT.label,)
    assert listed.commit == world.tip(BRANCH)
    assert listed.address == made.address
    assert made.address.startswith("http://127.0.0.1")


def test_an_edit_changes_title_and_body_and_nothing_else(forge: Forge) -> None:
    made = forge.open(DRAFT)
    forge.edit(made, "Other", "text")
    (listed,) = forge.open_proposals()
    assert (listed.title, listed.body) == ("Other", "text")
    assert (listed.labels, listed.branch) == ((DRAFT.label,), BRANCH)


def test_labels_become_what_they_are_set_to(forge: Forge, world: World) -> None:
    made = forge.open(DRAFT)
    forge.label(made, ("bug", "crucible: fixable"))
    assert forge.open_proposals()[0].labels == ("bug", "crucible: fixable")
    forge.label(made, ("bug",))
    assert forge.open_proposals()[0].labels == ("bug",)


def test_a_closed_proposal_is_found_by_its_branch_alone_and_a_merged_one_is_none(
    forge: Forge, world: World
) -> None:
    other = forge.open(replace(DRAFT, branch="crucible/crucible-shared-0.5"))
    forge.close(other, "over")
    for _ in range(2):
        forge.close(forge.open(DRAFT), "gone")
    forge.open(DRAFT)
    world.pulls[-1].state = "merged"
    assert forge.open_proposals() == []
    closed = forge.closed_proposals(BRANCH)
    assert [(one.number, one.body) for one in closed] == [(3, "gone"), (2, "gone")]


def test_a_proposal_of_a_fork_is_none_whatever_its_branch_is_called(forge: Forge, world: World) -> None:
    for state in ("open", "closed"):
        world.open(Pull(0, BRANCH, "main", "Mine", "", fork=True))
        world.pulls[-1].state = state
    assert [forge.open_proposals(), forge.closed_proposals(BRANCH)] == [[], []]


def test_comments_are_listed_and_edited_in_place(forge: Forge, world: World) -> None:
    made = forge.open(DRAFT)
    forge.comment(made.number, "one")
    forge.comment(made.number, "two")
    first, second = forge.comments(made.number)
    forge.edit_comment(made.number, first, "changed")
    assert [one.body for one in forge.comments(made.number)] == ["changed", "two"]
    assert second.identity != first.identity


@pytest.mark.parametrize(
    ("checks", "green"),
    [([], False), (["success"], True), (["success", "success"], True), (["success", "failure"], False)],
)
def test_green_is_what_has_checks_and_all_passed(
    forge: Forge, world: World, checks: list[str], green: object
) -> None:
    made = forge.open(DRAFT)
    world.checks[made.commit] = checks
    assert forge.is_green(made) is green


def test_only_the_commit_that_was_looked_at_is_merged(forge: Forge, world: World) -> None:
    made, before = forge.open(DRAFT), world.tip("main")
    with pytest.raises(CannotDo, match="409"):
        forge.merge(replace(made, commit="0" * 40))
    assert (world.tip("main"), world.pulls[0].state) == (before, "open")
    forge.merge(made)
    assert world.pulls[0].state == "merged"
    world.git("update-ref", "refs/heads/main", before)


def test_a_list_is_read_to_its_end(forge: Forge, world: World) -> None:
    world.page = 2
    made = forge.open(DRAFT)
    world.pulls += [Pull(number, BRANCH, "main", "", "", state="closed") for number in range(2, 7)]
    assert len(forge.closed_proposals(BRANCH)) == 5
    assert forge.open_proposals()[0].number == made.number


# a forge in trouble


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 500])
def test_a_refusal_is_told_with_its_status_and_what_to_do(
    forge: Forge, world: World, status: int, waits: list[float]
) -> None:
    world.faults = [Fault("*", status)]
    with pytest.raises(CannotDo, match=f"status {status}") as refused:
        forge.open_proposals()
    assert refused.value.todo
    assert (len(world.asked), waits) == (1, [])


def test_a_token_that_may_only_read_is_told_to_be_replaced(at: Place, world: World) -> None:
    with connected(replace(at, token=READ_ONLY)) as forge:
        assert forge.open_proposals() == []
        with pytest.raises(CannotDo, match=r"403.*_TOKEN"):
            forge.open(DRAFT)
    assert world.pulls == []


def test_no_error_shows_the_token(at: Place, world: World) -> None:
    secret = "hunter2-of-the-test"
    with connected(replace(at, token=secret)) as forge:
        with pytest.raises(CannotDo, match="401"):
            forge.open_proposals()
        world.faults = [Fault("GET", 400, body=f'{{"message": "bad {secret}"}}'.encode())]
        with pytest.raises(CannotDo, match="bad \\*\\*\\*") as refused:
            forge.open_proposals()
    assert secret not in str(refused.value) + repr(at) + repr(replace(at, token=secret))
    assert not any(secret in path for _, path in world.asked)


@pytest.mark.parametrize("status", [403, 429])
def test_a_busy_forge_is_asked_again_after_the_time_it_names(
    forge: Forge, world: World, status: int, waits: list[float]
) -> None:
    world.faults = [Fault("GET", status, {"Retry-After": "7"})]
    assert forge.open_proposals() == []
    world.faults = [Fault("POST", status, {"Retry-After": "3"})]
    forge.open(DRAFT)
    assert waits == [7.0, 3.0]
    assert len(world.pulls) == 1


def test_a_forge_that_asks_for_a_long_wait_is_left_alone(
    forge: Forge, world: World, waits: list[float]
) -> None:
    world.faults = [Fault("GET", 429, {"Retry-After": "3600"})]
    with pytest.raises(CannotDo, match="run it again in 3600 s"):
        forge.open_proposals()
    assert (waits, len(world.asked)) == ([], 1)


def test_what_may_have_been_written_is_not_sent_again(forge: Forge, world: World, waits: list[float]) -> None:
    world.faults = [Fault("POST", 502, times=9)]
    with pytest.raises(CannotDo, match="502"):
        forge.open(DRAFT)
    assert [method for method, _ in world.writes() if method == "POST"] == ["POST"]
    world.faults = [Fault("GET", 503, times=2)]
    assert forge.open_proposals() == []
    assert len(waits) == 2


def test_a_redirect_to_another_host_is_not_followed(forge: Forge, world: World) -> None:
    elsewhere = World(world.root)
    with answering(type("Elsewhere", (Handler,), {"world": elsewhere})) as url:
        world.faults = [Fault("GET", status, {"Location": f"{url}/x"}) for status in (302, 307)]
        for _ in range(2):
            with pytest.raises(CannotDo, match="redirects to another host"):
                forge.open_proposals()
    assert elsewhere.asked == []


def test_a_project_that_moved_on_its_forge_is_read_there_and_not_written(
    forge: Forge, at: Place, world: World
) -> None:
    made = forge.open(DRAFT)
    forge.open_proposals()
    there = {"Location": f"{at.api}{world.asked[-1][1]}?state=all&page=1&per_page=9&limit=9"}
    world.faults = [Fault("GET", 301, there)]
    assert [one.number for one in forge.open_proposals()] == [made.number]
    world.faults = [Fault("*", 301, there)]
    with pytest.raises(CannotDo, match="moved"):
        forge.comment(made.number, "text")
    assert world.comments == []


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[1]", b'[{"head": 1}]', b"[" * 100_000, b"\xff"])
def test_nonsense_is_told_and_no_exception_of_another_kind_gets_out(
    forge: Forge, world: World, body: bytes
) -> None:
    world.faults = [Fault("GET", 200, body=body)]
    with contextlib.suppress(CannotDo):
        assert forge.open_proposals() == []


@pytest.mark.parametrize("kind", list(Kind))
def test_a_forge_that_is_down_is_tried_three_times(kind: Kind, waits: list[float]) -> None:
    down = connected(place(kind, "http://127.0.0.1:9"), waits.append)
    with down as forge, pytest.raises(CannotDo, match="does not answer"):
        forge.open_proposals()
    assert len(waits) == 2


def test_the_token_of_the_test_is_sent_as_each_forge_wants_it(forge: Forge, world: World, at: Place) -> None:
    forge.open_proposals()
    name, value = {
        Kind.GITHUB: ("Authorization", f"Bearer {TOKEN}"),
        Kind.GITLAB: ("Private-Token", TOKEN),
        Kind.GITEA: ("Authorization", f"token {TOKEN}"),
    }[at.kind]
    sent = {key.title(): said for key, said in world.sent[0].items()}
    assert sent[name] == value
