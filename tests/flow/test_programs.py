"""The helpers keep their word: a deadline is kept, an early end is told, a webhook hears."""

import json
import socket
import sys
import urllib.request

import pytest

from tests.flow.programs import Program, Webhook, free_port, until


def test_until_returns_the_first_true_answer() -> None:
    answers = iter([0, None, "yes"])
    assert until(lambda: next(answers), 5) == "yes"


def test_until_takes_a_refused_connection_for_no_and_fails_at_its_deadline() -> None:
    def refused() -> bool:
        raise ConnectionRefusedError("refused")

    with pytest.raises(AssertionError, match=r"not within 0\.1 s: the moon \(last: refused\)"):
        until(refused, 0.1, "the moon")


def test_a_program_that_ends_before_it_is_ready_fails_with_what_it_printed() -> None:
    with (
        pytest.raises(AssertionError, match=r"(?s)ended with 3.*no luck"),
        Program([sys.executable, "-c", "print('no luck'); exit(3)"], ready="ready"),
    ):
        pass


def test_a_program_is_gone_after_its_block() -> None:
    script = "import threading; print('ready', flush=True); threading.Event().wait()"
    with Program([sys.executable, "-c", script], ready="^ready$") as program:
        assert program.process.poll() is None
    assert program.process.returncode is not None


def test_a_port_that_was_given_is_given_to_nobody_else_and_can_be_taken() -> None:
    port = free_port()
    with pytest.raises(OSError, match="Address already in use"), socket.socket() as other:
        other.bind(("127.0.0.1", port))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=30)
    for _ in range(2):
        with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port), timeout=30):
            pass


def test_a_webhook_keeps_the_alerts_it_is_sent() -> None:
    with Webhook() as webhook:
        body = json.dumps({"alerts": [{"status": "firing"}, {"status": "resolved"}]}).encode()
        urllib.request.urlopen(urllib.request.Request(webhook.url, data=body), timeout=30).close()
        assert [alert["status"] for alert in webhook.alerts] == ["firing", "resolved"]
