"""The pages for people as a browser shows them: for every reader, and whatever an uploader wrote."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Dialog, Page

from crucible_pipeline.index.server import Running, running
from crucible_pipeline.release.difference import CONTRACTS
from index.chromium import chromium
from index.distributions import metadata, post, wheel
from index.furnished import HOSTILE_HTML, HOSTILE_MARKDOWN, HOSTILE_RST, REFUSED_RST, furnish

NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 800}
COMPARISON = "project/demo-contracts/compare?from=0.3.0&to=0.4.0"
PAGES = (
    "",
    "?q=gateway",
    "project/demo-contracts/",
    "project/demo-contracts/0.3.1/",
    "project/demo-contracts/0.4.0/changelog",
    COMPARISON,
    "project/house-style/",
    "project/leaked/",
    "project/unknown/",
    "rules",
)
# Those with every mark and banner between them.
COLOURFUL = ("", "project/demo-contracts/0.3.1/", "project/leaked/", COMPARISON)
HOSTILE = {
    "markdown": ("text/markdown", HOSTILE_MARKDOWN, "end of markdown"),
    "html": ("text/markdown; variant=GFM", HOSTILE_HTML, "end of html"),
    "rst": ("text/x-rst", HOSTILE_RST, "end of rst"),
    "refused-rst": ("text/x-rst", REFUSED_RST, "end of rst"),
    "plain": ("text/plain", HOSTILE_HTML, "end of html"),
}

# What stands for the images that are not loaded.
NAMED = {"markdown": {"the badge", "badge"}, "html": {"the badge"}, "rst": {"the badge"}}


@pytest.fixture(scope="module")
def site() -> Iterator[Running]:
    with running(contracts=CONTRACTS) as index:
        furnish(index)
        yield index


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@contextmanager
def context(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    made = browser.new_context(**options)  # type: ignore[arg-type]
    made.set_default_timeout(60_000)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(
    "paths", [COLOURFUL, pytest.param(PAGES, marks=pytest.mark.slow)], ids=["the richest", "all"]
)
def test_every_page_is_accessible_in_both_colours_and_fits_a_narrow_screen(
    site: Running, browser: Browser, paths: tuple[str, ...]
) -> None:
    # The policy of the pages forbids the checker's own script, too.
    with context(browser, color_scheme="light", viewport=NARROW, bypass_csp=True) as narrow:
        page = narrow.new_page()
        for path in paths:
            page.emulate_media(color_scheme="light")
            page.goto(f"{site.url}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"], path
            assert faults(page) == [], path
            if path in COLOURFUL:
                page.emulate_media(color_scheme="dark")
                assert faults(page, "color-contrast") == [], path


def faults(page: Page, *rules: str) -> list[tuple[str, str]]:
    """What axe-core finds, by its best practices and every level of WCAG, or by some rules alone."""
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else None
    found = Axe().run(page, options=only).response["violations"]
    return [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(("mode", "is_dark"), [("light", False), ("dark", True)])
def test_a_page_has_the_colours_that_its_reader_prefers(
    site: Running, browser: Browser, mode: str, *, is_dark: bool
) -> None:
    with context(browser, color_scheme=mode) as reader:
        page = reader.new_page()
        page.goto(f"{site.url}project/demo-contracts/")
        paper, ink = (lightness(page, name) for name in ("backgroundColor", "color"))
        assert (paper < ink) is is_dark
        assert abs(paper - ink) > 0.7


def lightness(page: Page, name: str) -> float:
    text = str(page.evaluate(f"getComputedStyle(document.body).{name}"))
    return sum(int(part) for part in text.removeprefix("rgb(").removesuffix(")").split(",")) / 765


def test_the_keyboard_reaches_everything_and_shows_where_it_is(site: Running, browser: Browser) -> None:
    with context(browser, viewport=WIDE) as reader:
        page = reader.new_page()
        page.goto(f"{site.url}project/demo-contracts/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        page.reload()
        wanted = page.evaluate(
            "[...document.querySelectorAll('a[href],button,input,select,[tabindex=\"0\"],summary')]"
            ".filter(each => each.checkVisibility()).length"
        )
        reached: set[str] = set()
        for _ in range(wanted):
            page.keyboard.press("Tab")
            place, outline = page.evaluate(
                "(each => [[...document.querySelectorAll('*')].indexOf(each).toString(),"
                " getComputedStyle(each).outlineStyle])(document.activeElement)"
            )
            assert outline == "solid", page.evaluate("document.activeElement.outerHTML")
            reached.add(place)
        assert len(reached) == wanted > 30


@pytest.mark.slow
def test_a_page_reads_the_same_without_scripts(site: Running, browser: Browser) -> None:
    with context(browser) as one, context(browser, java_script_enabled=False) as other:
        with_scripts, without = one.new_page(), other.new_page()
        for path in PAGES[2:7]:
            for page in (with_scripts, without):
                page.goto(f"{site.url}{path}")
                assert page.locator("script").count() == 0
            texts = [page.locator("body").inner_text() for page in (with_scripts, without)]
            assert texts[0] == texts[1] != ""


def test_a_click_on_an_install_line_selects_exactly_it(site: Running, browser: Browser) -> None:
    with context(browser) as reader:
        page = reader.new_page()
        page.goto(f"{site.url}project/demo-contracts/")
        line = page.locator(".ways code").first
        line.click()
        assert page.evaluate("getSelection().toString()") == line.inner_text()
        assert line.inner_text() == f"pip install --index-url {site.simple_url} demo-contracts==0.4.0"


def test_a_reader_comes_from_a_search_to_the_evidence_of_a_break(site: Running, browser: Browser) -> None:
    with context(browser, java_script_enabled=False) as reader:
        page = reader.new_page()
        page.goto(site.url)
        page.get_by_label("Search projects").fill("demo contr")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="demo-contracts").click()
        page.get_by_label("From").select_option("0.3.0")
        page.get_by_role("button", name="Compare").click()
        change = page.locator(".changes.breaking > li", has_text="EvaluationRequest.timeout")
        assert change.locator("figcaption").inner_text().split() == ["0.3.0", "accepts", "0.4.0", "rejects"]
        payload = json.loads(change.locator("pre").inner_text())
        assert 200 < payload["timeout"] <= 300
        change.get_by_role("link").click()
        assert page.url == f"{site.url}rules#maximum-lowered"
        assert page.locator("dt:target").inner_text() == "maximum-lowered"


def test_a_release_is_yanked_from_its_page(site: Running, browser: Browser) -> None:
    post(site, wheel("regretted"))
    credentials = {"username": "__token__", "password": site.token}
    with context(browser, http_credentials=credentials, java_script_enabled=False) as owner:
        page = owner.new_page()
        page.goto(f"{site.url}project/regretted/")
        page.get_by_role("link", name="Yank this release").click()
        page.get_by_label("Reason").fill('wrong <b>"limit"</b>')
        page.get_by_role("button", name="Yank this release").click()
        page.wait_for_url(f"{site.url}project/regretted/")
        assert (
            'This release is yanked. Installers avoid it unless it is pinned exactly.\nwrong <b>"limit"</b>'
            in (page.get_by_role("note").first.inner_text())
        )
        page.get_by_role("link", name="Change the yank").click()
        page.get_by_role("button", name="Take the yank back").click()
        assert page.get_by_role("note").count() == 0


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_an_uploader_wrote_runs_loads_and_covers_nothing(
    site: Running, browser: Browser, kind: str
) -> None:
    content_type, text, end = HOSTILE[kind]
    name = f"hostile-{kind}"
    head = (
        f"Summary: <script>alert(1)</script>\nDescription-Content-Type: {content_type}\n"
        "Project-URL: <img src=x onerror=alert(1)>, https://fine.example\nHome-page: javascript:alert(1)\n\n"
        f"{text}"
    )
    assert post(site, wheel(name, inside=metadata(name, "1.0", head))).status_code == 200
    # Without the page's policy, so that the sanitiser alone is what holds.
    with context(browser, bypass_csp=True, viewport=WIDE) as reader:
        page = reader.new_page()
        asked: list[str] = []
        dialogs: list[str] = []

        def open_dialog(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", open_dialog)
        page.goto(f"{site.url}project/{name}/", wait_until="load")
        for link in page.locator("#readme a:not([href])").all():
            link.click()
        assert page.title() == f"{name} 1.0"
        assert dialogs == []
        assert {url for url in asked if not url.startswith(site.url)} == set()
        shown = page.locator("#readme")
        assert end in shown.inner_text()
        foreign = (
            "script,iframe,form,input,style,link,base,meta,object,embed,video,svg,math,textarea,noscript"
        )
        assert shown.locator(foreign).count() == 0
        attributes = shown.evaluate(
            "root => [...root.querySelectorAll('*')]"
            ".flatMap(each => [...each.attributes].map(a => [a.name, a.value]))"
        )
        names = {name for name, _ in attributes}
        assert not {name for name in names if name.startswith("on") or name in {"style", "src", "srcset"}}
        targets = [value for name, value in attributes if name == "href"]
        assert all(value.startswith(("https://fine.example", "#readme-")) for value in targets), targets
        assert page.locator("#content").evaluate("each => each.tagName") == "MAIN"
        seen = [each.get_attribute("alt") for each in shown.locator("img").all() if each.is_visible()]
        assert set(seen) == NAMED.get(kind, set())


def test_the_policy_alone_stops_what_a_sanitiser_would_miss(site: Running, browser: Browser) -> None:
    with context(browser) as reader:
        page = reader.new_page()
        page.goto(f"{site.url}project/demo-contracts/")
        page.evaluate(
            "html => { window.stopped = new Set();"
            " addEventListener('securitypolicyviolation', it => window.stopped.add(it.effectiveDirective));"
            " document.querySelector('#readme').innerHTML = html }",
            '<img src="https://evil.example/a.png" onerror="document.title=1">'
            '<p style="color:red">x</p>'
            '<iframe src="https://evil.example"></iframe>'
            '<form action="https://evil.example"><button>Go</button></form>',
        )
        # Not as a click, which would wait for a page that never comes.
        page.locator("#readme form").evaluate("form => form.requestSubmit()")
        wanted = {"img-src", "script-src-attr", "style-src-attr", "frame-src", "form-action"}
        deadline = time.monotonic() + 60
        while wanted - (stopped := set(page.evaluate("[...window.stopped]"))) and time.monotonic() < deadline:
            page.wait_for_timeout(20)
        assert stopped == wanted
        assert page.url == f"{site.url}project/demo-contracts/"
        assert page.evaluate("document.title") == "demo-contracts 0.4.0"
