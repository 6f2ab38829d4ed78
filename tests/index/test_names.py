import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.names import normalized, parse_filename
from crucible_pipeline.index.negotiate import HTML, JSON, codings, negotiate


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=40)
    | st.from_regex(r"[A-Za-z0-9._-]{1,20}-[0-9a-z.!+]{1,8}(-py3-none-any\.whl|\.tar\.gz)")
)
def test_any_file_name_is_read_or_refused_in_words(text: str) -> None:
    try:
        name = parse_filename(text)
    except Refused:
        return
    assert normalized(name.project) == name.project
    assert "/" not in name.text
    assert not name.text.startswith(".")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("demo-1.0-py3-none-any.whl", "demo-1.0.0-py3-none-any.whl"),
        ("demo_pkg-1.0-py3-none-any.whl", "Demo.Pkg-1.0-py3-none-any.whl"),
        ("demo-1.0-py2.py3-none-any.whl", "demo-1.0-py3.py2-none-any.whl"),
        ("demo-1.0rc1.tar.gz", "demo-1.0.0c1.tar.gz"),
    ],
)
def test_two_spellings_of_one_file_have_one_place(one: str, other: str) -> None:
    assert parse_filename(one).same_place(parse_filename(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"),
        ("demo-1.0-py3-none-any.whl", "demo-1.0-1-py3-none-any.whl"),
        ("demo-1.0-py3-none-any.whl", "demo-1.0-py2-none-any.whl"),
        ("demo-1.0-py3-none-any.whl", "demo-1.1-py3-none-any.whl"),
    ],
)
def test_different_files_of_a_project_have_different_places(one: str, other: str) -> None:
    assert not parse_filename(one).same_place(parse_filename(other))


LATEST = "application/vnd.pypi.simple.latest"


@pytest.mark.parametrize(
    ("accept", "form", "content_type"),
    [
        (None, "html", "text/html; charset=utf-8"),
        ("", "html", "text/html; charset=utf-8"),
        ("*/*", "html", "text/html; charset=utf-8"),
        ("text/html", "html", "text/html; charset=utf-8"),
        ("text/*", "html", "text/html; charset=utf-8"),
        ("application/*", "json", JSON),
        (JSON, "json", JSON),
        (JSON.upper(), "json", JSON),
        (HTML, "html", HTML),
        (f"{LATEST}+json", "json", JSON),
        (f"{LATEST}+html", "html", HTML),
        (f"{JSON}, {HTML}; q=0.1, text/html; q=0.01", "json", JSON),
        (f"{JSON};q=0.2, text/html;q=0.9", "html", "text/html; charset=utf-8"),
        (f"{JSON};q=0.5, */*;q=0.1", "json", JSON),
        (f"text/html;q=0, {JSON};q=0.1", "json", JSON),
        (f"text/html;q=0, application/*;q=0.3, {JSON};q=0", "html", HTML),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "html",
            "text/html; charset=utf-8",
        ),
    ],
)
def test_the_best_liked_form_is_given(accept: str | None, form: str, content_type: str) -> None:
    assert negotiate(accept) == (form, content_type)


@pytest.mark.parametrize(
    "accept", ["application/json", "image/png", "*/*;q=0", f"{JSON};q=0", "text/html;q=x", ",;,"]
)
def test_a_form_that_is_not_on_offer_is_not_replaced_by_another(accept: str) -> None:
    assert negotiate(accept) is None


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abq*/=;,. 019", max_size=40))
def test_any_header_is_understood_or_ignored(header: str) -> None:
    negotiate(header)
    codings(header)


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (None, ()),
        ("gzip", ("gzip",)),
        ("gzip, deflate, zstd", ("zstd", "gzip")),
        ("zstd;q=0.5, gzip", ("gzip", "zstd")),
        ("gzip;q=0", ()),
        ("br, gzip;q=0.5", ("gzip",)),
        ("*", ("zstd", "gzip")),
        ("*, gzip;q=0", ("zstd",)),
        ("gzip;q=0.5, identity", ()),
    ],
)
def test_a_page_is_compressed_as_the_client_likes_best_and_never_as_it_does_not(
    header: str | None, taken: tuple[str, ...]
) -> None:
    assert codings(header) == taken
