"""The built-in page in a real Chromium: accessible, narrow and wide, dark and light, by keyboard, and readable without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.api.page.shown import SESSION, served
from tests.cli.served import Served
from tests.flow.programs import need
from tools.debian import find

PAGES = ("/", "/sessions", f"/sessions/{SESSION}", "/evaluations", "/sessions/nobody")
NARROW, WIDE = 320, 1280
TOKEN = "secret-1"
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = need("chromium")
    if find("libatomic.so.1") is None:
        pytest.skip("needs libatomic1: apt-get install --no-install-recommends libatomic1")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, chromium_sandbox=False, args=["--disable-dev-shm-usage"]) as browser,
    ):
        yield browser


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page() as page:
        yield page


def press(part: Locator, key: str) -> None:
    """A key on a part of the page once that is shown: forms are only when the page's script has run, which no key waits for by itself."""
    expect(part).to_be_visible()
    part.press(key)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_every_page_is_accessible_and_fits(browser: Browser, server: Served, scheme: str, width: int) -> None:
    with browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800}) as page:  # type: ignore[arg-type]
        for path in PAGES:
            page.goto(server.url + path)
            page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
            found = Axe().run(page)
            assert not found.violations_count, f"{path}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_contrast_that_is_too_low_would_be_found(page: Page, server: Served) -> None:
    page.goto(server.url)
    page.evaluate("document.documentElement.style.setProperty('--soft', '#bbb')")
    assert "color-contrast" in [each["id"] for each in Axe().run(page).response["violations"]]


def test_nothing_is_refused_by_the_page_s_own_policy(page: Page, server: Served) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    for path in PAGES[:-1]:
        page.goto(server.url + path)
    assert told == []


def test_it_can_be_read_without_javascript(browser: Browser, server: Served) -> None:
    with browser.new_page(java_script_enabled=False) as page:
        page.goto(server.url)
        expect(page.get_by_role("rowheader", name="anthropic")).to_be_visible()
        page.get_by_role("link", name=SESSION, exact=True).click()
        expect(page.get_by_role("heading", name=SESSION)).to_be_visible()
        expect(page.get_by_text("otel-quality feedback")).to_be_visible()
        expect(page.get_by_text("Give feedback")).to_be_hidden()


def test_feedback_and_an_override_by_keyboard_alone(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/sessions/conv-1")
    press(page.get_by_text("Give feedback"), "Enter")
    press(page.get_by_role("radio", name="Up"), "Space")
    press(page.get_by_label("Comment"), "Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"up message \d+"))).to_be_visible()
    (said,) = server.keeper.tell(lambda store: store.feedback(session="conv-1"))
    assert (said.rating, said.source) == (1, "page")

    press(page.get_by_text("Override this grade"), "Enter")
    page.get_by_label("Completed").select_option("no")
    note = page.get_by_label("Note")
    note.type("It did nothing.")
    note.press("Enter")
    expect(page.get_by_text("By hand")).to_be_visible()
    kept = server.keeper.tell(lambda store: store.session("conv-1"))
    assert kept is not None
    assert kept.override is not None
    assert (kept.override.task_completed, kept.override.note) == (False, "It did nothing.")


def test_what_the_api_refuses_is_said_beside_the_button(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/sessions/conv-2")
    page.get_by_text("Override this grade").click()
    page.get_by_role("button", name="Override").click()
    expect(page.get_by_text("an override says at least one of")).to_be_visible()


def test_a_guarded_api_takes_writes_with_its_token_only(page: Page) -> None:
    with served(token=TOKEN) as server:
        page.goto(f"{server.url}/sessions/conv-1")
        page.get_by_text("Give feedback").click()
        page.get_by_role("radio", name="Down").check()
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("changes nothing without its token")).to_be_visible()
        page.get_by_label("API token").fill(TOKEN)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text(re.compile(r"down message \d+"))).to_be_visible()
        expect(page.get_by_label("API token")).to_have_value(TOKEN)


def test_the_first_page_follows_what_happens(page: Page, server: Served) -> None:
    page.clock.install()
    page.goto(server.url)
    server.keeper.tell(lambda store: store.delete_session("conv-11"))
    page.clock.run_for(6_000)
    expect(page.get_by_role("link", name="conv-11")).to_have_count(0)
