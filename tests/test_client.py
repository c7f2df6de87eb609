"""The client of the commands: what it sends with a write, and to whom."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from otel_quality.client import ApiError, Client

TOKEN = "correct-horse-battery-staple"


@contextmanager
def listening(*, status: int = 200, location: str = "") -> Iterator[tuple[str, list[Any]]]:
    """A server that answers everything alike, with its address and the headers of what it was asked."""
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers)
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-length", "2")
            if location:
                self.send_header("location", location)
            self.end_headers()
            self.wfile.write(b"{}")

        do_POST = do_DELETE = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
        server.shutdown()


def test_writes_carry_the_token_and_reads_do_not() -> None:
    with listening() as (url, seen):
        client = Client(url, TOKEN)
        client.get("/v1/scores")
        client.post("/v1/feedback", {})
        client.delete("/v1/drift")
    assert [headers["authorization"] for headers in seen] == [None, f"Bearer {TOKEN}", f"Bearer {TOKEN}"]


def test_without_a_token_nothing_is_sent() -> None:
    with listening() as (url, seen):
        Client(url).post("/v1/feedback", {})
    assert seen[0]["authorization"] is None


def test_the_token_does_not_follow_a_redirect() -> None:
    with listening() as (elsewhere, told), listening(status=302, location=f"{elsewhere}/v1/feedback") as (url, seen):
        Client(url, TOKEN).post("/v1/feedback", {})
    assert seen[0]["authorization"] == f"Bearer {TOKEN}"
    assert told[0]["authorization"] is None


@pytest.mark.parametrize("token", ["a\nb", "ümläut", "tab\there"])
def test_a_token_that_no_header_can_carry_is_refused_without_being_repeated(token: str) -> None:
    with pytest.raises(ApiError) as caught:
        Client("http://127.0.0.1:1", token)
    assert caught.value.refused
    assert token not in str(caught.value)


def test_no_answer_may_pass_and_a_refusal_does_not() -> None:
    with pytest.raises(ApiError) as away:
        Client("http://127.0.0.1:1").get("/v1/scores")
    assert (away.value.passing, away.value.refused) == (True, False)
    with listening(status=400) as (url, _), pytest.raises(ApiError) as refused:
        Client(url).get("/v1/scores")
    assert refused.value.passing is False


def test_a_body_in_whose_midst_the_api_hangs_up_is_refused_for_its_size() -> None:
    def hang_up(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=hang_up, args=(server,), daemon=True).start()
        with pytest.raises(ApiError, match=r"^http://127\.0\.0\.1:\d+ hung up in the midst of 20\.0 MB: .* send less") as caught:
            Client(f"http://127.0.0.1:{server.getsockname()[1]}").post("/v1/sessions", "a" * 20_000_000)
    assert (caught.value.refused, caught.value.passing) == (True, False)
    with pytest.raises(ApiError, match="no processor answers"):
        Client("http://127.0.0.1:1").post("/v1/sessions", "a" * 20_000_000)
