"""A session that is handed in: what is read of it, whether its text is kept, and what is refused."""

from typing import Any

import pytest

from otel_quality.service import handed
from tests.service.keeper import messages

LIST = messages(("sh", "ok"), request="Fix the crash")


def read(session: Any, *, keep_text: bool = False) -> Any:
    return handed.read(session, keep_text=keep_text, max_bytes=4096)


@pytest.mark.parametrize("session", [LIST, {"id": "s", "messages": LIST}, {"id": "s", "messages": LIST, "keep": True}])
def test_text_is_read_where_it_is_wanted(session: Any) -> None:
    record, said = read(session, keep_text=True)
    assert record.api_calls == 2
    assert [line.role for line in said.lines] == ["user", "call", "result", "assistant"]
    assert said.lines[0].text == "Fix the crash"


@pytest.mark.parametrize(("session", "keep_text"), [(LIST, False), ({"messages": LIST}, False), ({"messages": LIST, "keep": False}, True)])
def test_text_is_not_read_where_it_is_not(session: Any, keep_text: bool) -> None:
    assert read(session, keep_text=keep_text)[1] is None


def test_text_is_bounded() -> None:
    _, said = read(messages(*[("sh", "x" * 1000)] * 20), keep_text=True)
    assert said.cut > 0
    assert sum(len(line.text) for line in said.lines) <= 4096


@pytest.mark.parametrize(
    ("session", "said"),
    [
        ({"messages": LIST, "keep": "yes"}, "`keep` must be true or false"),
        ({"messages": LIST, "keep": None}, "`keep` must be true or false"),
        ({"messages": LIST, "success": "yes"}, "`success` must be true or false"),
        ({"messages": LIST, "success": 1}, "`success` must be true or false"),
        ([{"role": "user", "content": "hi"}], "holds no message of the assistant"),
        ({"id": "x" * 129, "messages": LIST}, "at most 128 characters"),
        ({"id": "a\nb", "messages": LIST}, "must be printable"),
        ("text", ""),
        (None, ""),
    ],
)
def test_what_is_no_session_is_refused_in_one_line(session: Any, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        read(session, keep_text=True)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
