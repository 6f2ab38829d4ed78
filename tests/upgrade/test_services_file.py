"""The list of services: what it may say, and how wrong ones are told."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crucible_pipeline.errors import InvalidInput, Refused
from crucible_pipeline.upgrade.services_file import Listed, Shard, is_url, name_of, read_services

FILE = Path("lists/services.toml")


def read(text: str) -> tuple[Listed, ...]:
    return read_services(text, FILE)


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return [f"{problem.mark.line}: {problem.what}" for problem in caught.value.problems]


def test_a_service_is_what_its_table_and_the_defaults_say() -> None:
    text = """
    [defaults]
    branch = "main"
    forge = "gitlab"
    labels = ["nightly"]
    test_command = "pytest -q 'tests/a b'"

    [[service]]
    url = "https://git.example/platform/storage-service.git"

    [[service]]
    name = "worker"
    path = "../worker"
    folder = "services/worker/"
    branch = "release/2.x"
    forge = "none"
    labels = []
    test_command = ["python", "-m", "unittest"]
    """
    assert read(text) == (
        Listed(
            name="storage-service",
            url="https://git.example/platform/storage-service.git",
            branch="main",
            forge="gitlab",
            labels=("nightly",),
            test_command=("pytest", "-q", "tests/a b"),
        ),
        Listed(
            name="worker",
            path=Path("lists/../worker"),
            folder="services/worker",
            branch="release/2.x",
            forge="none",
            test_command=("python", "-m", "unittest"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1: it lists no service"]),
        ("service = 3", ["1: it lists no service"]),
        ("[[service]]\nurl = ", ["2: it is no TOML: Invalid value"]),
        ("[[services]]\nurl = 1", ["1: it lists no service", "1: there is no setting 'services'"]),
        ("[[service]]\nname = 'x'\n", ["1: a service needs one of url and path"]),
        ("\n[[service]]\npath='a'\nurl='https://g.example/a'", ["2: a service needs one of url and path"]),
        ("[[service]]\npath='a'\n\n[[service]]\npath='b'\nfolder='../c'", ["6: folder '../c' leads out"]),
        ("[[service]]\nurl='g.example/a'", ["2: url 'g.example/a' is no address of a repository"]),
        ("[[service]]\nurl='--upload-pack=x'", ["2: url '--upload-pack=x' is no address of a repository"]),
        ("[[service]]\nurl='https://u:secret@g.example/a'", ["2: url holds a password"]),
        ("[[service]]\npath='a'\nbranch='-x'", ["3: branch '-x' is no name of a branch"]),
        ("[[service]]\npath='a'\nforge='svn'", ["3: forge 'svn' is none of github, gitlab, gitea, none"]),
        ("[[service]]\npath='a'\nforge_url='ftp://x'", ["3: forge_url 'ftp://x' is no https address"]),
        ("[[service]]\npath='a'\nlabels='x'", ["3: labels is no list of texts"]),
        ("[[service]]\npath='a'\nlabels=[1]", ["3: labels is no list of texts"]),
        ("[[service]]\npath='a'\ntest_command=\"'\"", ["3: test_command: No closing quotation"]),
        ("[[service]]\npath='a'\nbranc='x'", ["3: there is no setting 'branc' in service"]),
        ("[defaults]\nurl='x'\n[[service]]\npath='a'", ["2: there is no setting 'url' in defaults"]),
        ("[defaults]\n\nbranch='-'\n[[service]]\npath='a'", ["3: branch '-' is no name of a branch"]),
        ("[[service]]\npath='A'\n[[service]]\npath='y/a'", ["3: the service a is listed already in line 1"]),
        ("service=[{path=1}]", ["1: a service needs one of url and path", "1: path 1 is no text"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_every_problem_is_told_at_once_and_what_to_do() -> None:
    text = "[[service]]\npaht = 'a'\n[[service]]\npath = 'b'\nforge = 'cvs'\n"
    with pytest.raises(InvalidInput) as caught:
        read(text)
    shown = str(caught.value).splitlines()
    assert len(shown) == 3
    assert shown[1] == ("lists/services.toml:2:1: there is no setting 'paht' in service; did you mean path?")


def test_a_password_in_an_address_is_not_repeated() -> None:
    assert "hunter2" not in " ".join(problems("[[service]]\nurl='https://u:hunter2@g.example/a'"))


@given(st.text())
def test_any_text_is_a_list_or_is_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert read(text)


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.integers(1, 20))
def test_every_service_is_in_one_shard_whatever_else_is_listed(names: list[str], of: int) -> None:
    shards = [Shard(number, of) for number in range(1, of + 1)]
    for name in names:
        assert sum(shard.holds(name) for shard in shards) == 1


def test_a_shard_is_the_same_in_every_run() -> None:
    held = [name for name in (f"service-{number}" for number in range(12)) if Shard(1, 3).holds(name)]
    assert held == ["service-4", "service-6"]


@pytest.mark.parametrize(
    "text", ["", "1", "0/3", "4/3", "a/b", "1/0", "-1/3", "1/99999", "1/3/5", "\u0661/\u0663"]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        Shard.parse(text)
    assert Shard.parse("3/3") == Shard(3, 3)


def test_a_name_is_the_last_part_of_an_address() -> None:
    assert name_of("git@git.example:platform/api.git") == "api"
    assert name_of("https://git.example/platform/api/") == "api"
    assert name_of("/") == "service"
    assert not is_url("platform/api")
