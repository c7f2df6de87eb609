"""A user's program: an agent with tools, observed by the SDK, sent with OTLP to where the standard OTEL_* variables say.

    python -m tests.flow.agent run CONVERSATION       one whole run: two LLM calls, three tools of which one fails
    python -m tests.flow.agent late CONVERSATION      one more LLM call of the same conversation, begun and ended now
    python -m tests.flow.agent advised TOOL AGENT     runs a tool of which a prediction is known, prints the prediction, then a policy

Ends when every span is sent.
"""

import sys
import threading
import time

import otel_quality as oq

ANSWER = "Done: the crash is fixed and the patch is saved to https://example.org/patch\n```diff\n+ok\n```"


def reply(content: str, *, tools: bool = False) -> dict[str, object]:
    """As OpenAI's chat completions answer."""
    message = {"content": None if tools else content, "tool_calls": [{"id": "1"}] if tools else None}
    usage = {"prompt_tokens": 100, "completion_tokens": 20}
    return {"model": "claude-x", "choices": [{"message": message, "finish_reason": "tool_calls" if tools else "stop"}], "usage": usage}


@oq.observe_llm(backend="anthropic", model="claude-x", task="code")
def ask(messages: list[dict[str, str]], answer: dict[str, object]) -> dict[str, object]:
    return answer


@oq.observe_tool
def read_file(path: str) -> str:
    if path == "missing":
        raise FileNotFoundError(path)
    return "text"


@oq.observe_agent(name="ezra")
def run(goal: str) -> str:
    told = [{"role": "user", "content": goal}]
    ask(told, reply("", tools=True))
    read_file("a.py")
    try:
        read_file("missing")
    except FileNotFoundError:
        read_file("b.py")
    ask(told, reply(ANSWER))
    return ANSWER


def late(conversation: str) -> None:
    with oq.session(conversation):
        ask([], reply("I was unable to verify it: could not reach the server, the check failed."))


def advised(tool: str, agent: str) -> None:
    @oq.observe_agent(name=agent)
    def work() -> None:
        params = {"path": "a.py"}
        deadline, pause = time.monotonic() + 60, threading.Event()
        while oq.predict_success(tool, params=params).reason == "insufficient data" and time.monotonic() < deadline:
            pause.wait(0.05)
        print("predicted", *oq.predict_success(tool, params=params), flush=True)
        read_file("a.py")
        while oq.policy(f"{agent}.evidence_threshold", default=None) is None and time.monotonic() < deadline:
            pause.wait(0.05)
        print("policy", oq.policy(f"{agent}.evidence_threshold", default=None), flush=True)

    work()


def main(what: str, *arguments: str) -> None:
    oq.configure(service_name="shop")
    if what == "run":
        with oq.session(arguments[0], end=True):
            run("please fix the crash in the parser, it is broken")
    else:
        {"late": late, "advised": advised}[what](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
