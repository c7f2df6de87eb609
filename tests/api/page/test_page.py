"""The built-in page as it is sent: what each address shows, that nothing comes from elsewhere, and that names are never markup."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from otel_quality.vocabulary.errors import StoreUnavailable
from tests import samples
from tests.api.page.shown import HOSTILE, SESSION, served
from tests.cli.served import Served

PAGES = ("/", "/?task=code", "/sessions", "/sessions?completed=false", f"/sessions/{SESSION}", "/evaluations")


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as server:
        yield server


def get(server: Served, path: str) -> httpx.Response:
    return httpx.get(server.url + path, timeout=60)


class Addresses(HTMLParser):
    """Every address that a page would load or lead to, every tag, and whatever would run or style in place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.in_place: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in {"href", "src", "action", "data-path"}]
        self.in_place += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in dict(attrs)):
            self.in_place.append(tag)


@pytest.mark.parametrize("path", PAGES)
def test_everything_comes_from_here_and_nothing_runs_in_place(server: Served, path: str) -> None:
    answer = get(server, path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    page = Addresses(answer.text)
    assert page.found
    assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in page.found), page.found
    assert page.in_place == []


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere(server: Served, path: str) -> None:
    for address in set(Addresses(get(server, path).text).found) - {"/openapi.json"}:
        if not address.startswith(("#", "/v1/")):
            assert get(server, address).status_code == 200, address


def test_names_and_comments_are_never_markup(server: Served) -> None:
    for path in (*PAGES, "/sessions/%3Cscript%3Ealert(1)%3C%2Fscript%3E"):
        text = get(server, path).text
        assert HOSTILE not in text
        assert Addresses(text).tags.count("script") == 1
    assert "&lt;script&gt;alert(1)" in get(server, "/sessions").text


def test_the_ranking_says_score_interval_and_why(server: Served) -> None:
    text = get(server, "/").text
    assert text.index("anthropic") < text.index("groq")
    assert 'aria-label="84 to 95"' in text
    assert "success costs" in text
    assert "empty_response_rate 0.45 &gt; 0.30" in text
    assert "1 severe, 0 mild" in text


def test_a_task_without_calls_says_so(server: Served) -> None:
    assert "No LLM call has arrived for the task poetry" in get(server, "/?task=poetry").text


def test_an_empty_processor_says_what_to_do() -> None:
    with Served(samples.snapshot()) as server:
        text = get(server, "/").text
        assert "otel-quality doctor" in text
        assert "No session yet" in text
        assert "No session fits" in get(server, "/sessions").text
        judged = get(server, "/evaluations").text
    assert "No judge is configured" in judged
    assert "No run yet" in judged


def test_sessions_are_listed_pinned_first_and_filtered(server: Served) -> None:
    links = re.findall(r'<a href="/sessions/([^"]+)"><bdi>([^<]+)', get(server, "/sessions").text)
    assert links[0] == ("conv-5", "The one we show everybody")
    assert len(links) == 13
    pending = get(server, "/sessions?status=pending").text
    assert f'/sessions/{SESSION}"' not in pending
    assert f'/sessions/{SESSION}"' in get(server, "/sessions?completed=false").text


def test_pages_of_sessions_lead_to_each_other(server: Served) -> None:
    assert 'rel="prev"' not in get(server, "/sessions").text
    beyond = get(server, "/sessions?offset=50&task_type=debugging").text
    assert "No session fits" in beyond


def test_a_wrong_filter_is_told(server: Served) -> None:
    assert get(server, "/sessions?completed=perhaps").status_code == 400
    assert get(server, "/sessions?color=red").status_code == 400


def test_a_session_shows_its_course_grade_experts_and_what_people_said(server: Served) -> None:
    text = get(server, f"/sessions/{SESSION}").text
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    assert "By hand , sam" in shown or "By hand, sam" in shown
    assert "It changed the wrong file." in shown
    assert "failed: three or more in a row · timeout" in shown
    assert "Says that it is done while a test fails." in shown
    assert re.search(r"Mean 62 81 74 55 90 – –", shown), shown
    assert "message 2 by kim" in shown
    assert "relevance good 0.80 by llm" in shown
    assert "Fix the bug that [EMAIL] found" in shown


def test_an_unknown_session_is_told(server: Served) -> None:
    answer = get(server, "/sessions/nobody")
    assert answer.status_code == 404
    assert "There is no session &#39;nobody&#39;." in answer.text


def test_without_history_the_ranking_is_still_there() -> None:
    with served() as server:
        server.keeper.fails = StoreUnavailable("the disk is full")
        home = get(server, "/")
        others = [get(server, path) for path in ("/sessions", f"/sessions/{SESSION}", "/evaluations")]
    assert home.status_code == 200
    assert "anthropic" in home.text
    assert "History cannot be reached now: the disk is full" in home.text
    assert [(answer.status_code, "the disk is full" in answer.text) for answer in others] == [(503, True)] * 3


def test_only_forms_of_a_guarded_api_ask_for_its_token() -> None:
    with served(token="secret-1") as guarded, served() as open_to_all:
        assert 'id="token"' in get(guarded, f"/sessions/{SESSION}").text
        assert "secret-1" not in get(guarded, f"/sessions/{SESSION}").text
        assert 'id="token"' not in get(open_to_all, f"/sessions/{SESSION}").text


def test_the_page_is_not_part_of_the_api_s_description(server: Served) -> None:
    paths = get(server, "/openapi.json").json()["paths"]
    assert all(path.startswith("/v1/") for path in paths)


def test_an_unknown_asset_is_not_there(server: Served) -> None:
    assert get(server, "/assets/../routes.py").status_code == 404
    assert get(server, "/assets/other.js").status_code == 404
