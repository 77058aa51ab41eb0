"""The page in a real browser: hover, click, keyboard, colours of the night, a narrow screen."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from hwnas.report.page import write_page
from tests.report.stories import hostile_story, story

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking")
MORE_QUIET = ("disable-component-update", "disable-sync")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; install the package chromium to run this test"),
]
ORDERED = sorted(story().front, key=lambda p: p.latency_ms)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = [f"--{name}" for name in (*QUIET, *MORE_QUIET)]
        started = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=arguments)
        yield started
        started.close()


class Opened:
    """A page that remembers every complaint and every request."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(path.as_uri())
        page.locator("#front .point").first.wait_for()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    path = write_page(story(), tmp_path / "report.html")
    page = browser.new_page(viewport={"width": 1100, "height": 850})
    found = Opened(page, path)
    yield found
    page.close()
    assert found.complaints == []
    assert [url for url in found.requests if not url.startswith("data:")] == [path.as_uri()]


def _toast(page: Page) -> str:
    page.locator("#toast.shown").wait_for()
    return page.locator("#toast").inner_text()


def _pasted(page: Page) -> str:
    """What the clipboard holds, as a user would find out."""
    page.evaluate("document.body.prepend(Object.assign(document.createElement('textarea'), {id: 'paste'}))")
    page.locator("#paste").focus()
    page.keyboard.press("Control+V")
    return page.locator("#paste").input_value()


def test_hovering_a_point_shows_its_sub_network(opened: Opened) -> None:
    opened.page.locator(f'[data-key="{ORDERED[4].key}"] .dot').hover()
    tip = opened.page.locator("#tip")
    tip.wait_for()
    text = tip.inner_text()
    assert f"{100 * ORDERED[4].score:.2f} %" in text
    assert f"{ORDERED[4].latency_ms:.2f} ms" in text
    assert "stage5" in text
    assert "expansion" in text
    opened.page.locator("h1").hover()
    tip.wait_for(state="hidden")


def test_clicking_a_point_copies_its_export_command(opened: Opened) -> None:
    opened.page.locator(f'[data-key="{ORDERED[2].key}"] .dot').click()
    assert _toast(opened.page) == f"copied: {ORDERED[2].export_command}"
    assert _pasted(opened.page) == ORDERED[2].export_command


def test_clicking_copies_where_the_clipboard_is_refused(opened: Opened) -> None:
    opened.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')) }")
    opened.page.locator(f'[data-key="{ORDERED[5].key}"] .dot').click()
    assert _toast(opened.page) == f"copied: {ORDERED[5].export_command}"
    assert _pasted(opened.page) == ORDERED[5].export_command


def test_a_point_answers_the_keyboard(opened: Opened) -> None:
    point = opened.page.get_by_role("button", name=f"latency {ORDERED[1].latency_ms:.3f} ms")
    point.focus()
    opened.page.locator("#tip").wait_for()
    opened.page.keyboard.press("Enter")
    assert _toast(opened.page) == f"copied: {ORDERED[1].export_command}"


def test_a_narrow_screen_needs_no_sideways_scrolling_and_keeps_letters_legible(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 360, "height": 740})
    opened.page.wait_for_function("document.getElementById('front').getBoundingClientRect().width < 340")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360
    scale = "(s => s.getBoundingClientRect().width / s.viewBox.baseVal.width)(document.getElementById('front'))"
    opened.page.wait_for_function(f"Math.abs({scale} - 1) < 0.05")


def test_losses_and_hypervolumes_are_curves_with_their_names(opened: Opened) -> None:
    for chart, names in (("#progress", ["search", "random"]), ("#training", ["largest", "random"])):
        assert opened.page.locator(f"{chart} path.run").count() == 2
        named = [opened.page.locator(f"{chart} .name-{i}").text_content() for i in range(2)]
        assert named == names


def test_the_page_follows_the_colours_of_the_night(opened: Opened) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    day = opened.page.evaluate(paper)
    opened.page.emulate_media(color_scheme="dark")
    assert opened.page.evaluate(paper) != day


def test_hostile_names_run_nothing(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 850})  # high enough: scrolling hides what hovering shows
    opened = Opened(page, write_page(hostile_story(), tmp_path / "report.html"))
    page.locator("#front .point .dot").nth(4).hover()
    page.locator("#tip").wait_for()
    assert page.locator("img").count() == 0
    page.close()
    assert opened.complaints == []
