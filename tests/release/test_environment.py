"""Environments for the programs a release runs, and where a publication goes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.errors import Refused
from crucible_pipeline.release.environment import (
    credentials,
    for_build,
    for_pip,
    for_tools,
    for_twine,
    plain,
    pretending,
)
from crucible_pipeline.release.target import target

SECRET = "s3cr3t"
FULL = {
    "PATH": "/bin",
    "HOME": "/home/a",
    "PIP_INDEX_URL": "https://packages.example/simple/",
    "PIP_EXTRA_INDEX_URL": "https://other.example/simple/",
    "PYTHONPATH": "/elsewhere",
    "VIRTUAL_ENV": "/venv",
    "GIT_DIR": "/elsewhere/.git",
    "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_DEMO": "9",
    "VCS_VERSIONING_OVERRIDES_FOR_DEMO": "{}",
    "TWINE_PASSWORD": SECRET,
    "TWINE_REPOSITORY_URL": "https://other.example/",
    "CRUCIBLE_TOKEN": SECRET,
    "GITHUB_TOKEN": SECRET,
    "ACTIONS_ID_TOKEN_REQUEST_URL": SECRET,
}
NAMES = st.sampled_from(sorted(FULL))


@settings(max_examples=60, deadline=None)
@given(st.sets(NAMES))
def test_a_build_sees_pips_settings_and_neither_secret_nor_misdirection(names: set[str]) -> None:
    given_environment = {name: FULL[name] for name in names}
    made = for_build(given_environment, 7)
    assert SECRET not in made.values()
    assert {"PATH", "HOME", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"} & names <= set(made)
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "GIT_DIR"} & set(made)
    assert not pretending(made)
    assert made["SOURCE_DATE_EPOCH"] == "7"


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=5), max_size=5))
def test_cleaning_an_environment_twice_changes_nothing_more(environ: dict[str, str]) -> None:
    assert plain(plain(environ)) == plain(environ)


def test_a_variable_that_pretends_a_version_is_named() -> None:
    assert pretending(FULL) == (
        "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_DEMO",
        "VCS_VERSIONING_OVERRIDES_FOR_DEMO",
    )


def test_a_token_becomes_twines_password_and_twines_own_come_first() -> None:
    assert credentials({"CRUCIBLE_TOKEN": "t"}) == ("__token__", "t")
    assert credentials({"TWINE_USERNAME": "u", "TWINE_PASSWORD": "p", "CRUCIBLE_TOKEN": "t"}) == ("u", "p")
    assert credentials({"TWINE_USERNAME": "u"}) is None
    made = for_twine({"CRUCIBLE_TOKEN": "t", "TWINE_REPOSITORY_URL": "https://other.example/"})
    assert made == {"TWINE_USERNAME": "__token__", "TWINE_PASSWORD": "t"}


def test_pip_asks_the_given_index_with_its_login_and_no_other() -> None:
    made = for_pip(FULL, "https://packages.example/simple/", ("__token__", "a/b@c"))
    assert made["PIP_INDEX_URL"] == "https://__token__:a%2Fb%40c@packages.example/simple/"
    assert "PIP_EXTRA_INDEX_URL" not in made
    assert for_tools(FULL)["PIP_INDEX_URL"] == FULL["PIP_INDEX_URL"]
    assert SECRET not in made.values()


PYPIRC = (
    "[distutils]\nindex-servers = own\n\n[own]\nrepository = https://packages.example/legacy/\n"
    f"username = u\npassword = {SECRET}%\n"
)


def test_an_address_and_a_name_lead_to_the_same_index() -> None:
    by_name, by_address = target("own", PYPIRC), target("https://packages.example/legacy/", "")
    assert by_name.simple_url == by_address.simple_url == "https://packages.example/simple/"
    assert by_name.upload_url == by_address.upload_url
    assert by_name.login == ("u", f"{SECRET}%")
    assert by_name.arguments == ("--repository", "own")


def test_the_simple_address_may_be_given() -> None:
    made = target("https://packages.example/u/i/", "", "https://packages.example/u/i/+simple")
    assert made.simple_url == "https://packages.example/u/i/+simple/"


def test_a_secret_shows_in_no_printed_form_of_a_target() -> None:
    assert SECRET not in repr(target("own", PYPIRC))


@pytest.mark.parametrize("address", ["https://u:p@packages.example/", "http://t@packages.example/legacy/"])
def test_an_address_with_a_credential_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(Refused, match="holds a credential") as caught:
        target(address, "")
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[other]\nrepository = x\n", "[own]\nusername = u\n", "no section"])
def test_a_name_without_an_address_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"\.pypirc"):
        target("own", text)
