"""What each provider answers in each case, whole and in chunks, in its own words.

A case is the name of the model that the client asks for. The counts are the same for all: INPUT tokens went in, CACHED of them
from the cache and WRITTEN to it (providers that tell), OUTPUT came out, REASONING of them thought (providers that tell). Every
stream starts with a frame that carries no content.
"""

from dataclasses import dataclass
from typing import Any

INPUT, OUTPUT, CACHED, WRITTEN, REASONING = 11, 7, 4, 2, 3
TEXT = ("Hello c4n4ry", " world")
CASES = ("ok", "tool", "length", "refusal")


@dataclass(frozen=True)
class Answer:
    """One response: whole, or as events of which the first has no content.

    An event is (name, body); the name is None where the protocol gives none.
    """

    whole: Any
    events: list[tuple[str | None, Any]]


def _text(case: str) -> tuple[str, ...]:
    return () if case == "tool" else TEXT


CHAT_STOPS = {"ok": "stop", "tool": "tool_calls", "length": "length", "refusal": "stop"}
CHAT_USAGE = {
    "prompt_tokens": INPUT,
    "completion_tokens": OUTPUT,
    "total_tokens": INPUT + OUTPUT,
    "prompt_tokens_details": {"cached_tokens": CACHED},
    "completion_tokens_details": {"reasoning_tokens": REASONING},
}
CHAT_TOOL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"at": "c4n4ry"}'}}


def openai_chat(case: str, *, refuses: bool = True) -> Answer:
    """Chat completions; a refusal is a field of the message, or, with refuses=False, a stop by the content filter."""
    base = {"id": "c1", "created": 1, "model": f"{case}-2026-01-01"}
    says_no = case == "refusal" and refuses
    stop = "content_filter" if case == "refusal" and not refuses else CHAT_STOPS[case]
    message: dict[str, Any] = {"role": "assistant", "content": None if case == "tool" or says_no else "".join(TEXT)}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if says_no:
        message["refusal"] = "".join(TEXT)
        deltas += [{"refusal": text} for text in TEXT]
    elif case == "tool":
        message["tool_calls"] = [CHAT_TOOL]
        deltas += [{"tool_calls": [{"index": 0, **CHAT_TOOL}]}]
    else:
        deltas += [{"content": text} for text in TEXT]
    whole = {**base, "object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": stop}], "usage": CHAT_USAGE}
    chunk = {**base, "object": "chat.completion.chunk"}
    chunks = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": stop}]})
    chunks.append({**chunk, "choices": [], "usage": CHAT_USAGE})
    return Answer(whole, [(None, each) for each in chunks])


def filtering_chat(case: str) -> Answer:
    """OpenAI's shape as Mistral and others speak it: refusals by a filter, the usage with the last choice."""
    answer = openai_chat(case, refuses=False)
    *events, (_, usage) = answer.events
    events[-1][1]["usage"] = usage["usage"]
    return Answer(answer.whole, events)


def openai_responses(case: str) -> Answer:
    """Responses: the reason of an incomplete one is in `incomplete_details`."""
    part: dict[str, Any] = {"type": "output_text", "text": "".join(TEXT), "annotations": []}
    if case == "refusal":
        part = {"type": "refusal", "refusal": "".join(TEXT)}
    item: dict[str, Any] = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [part]}
    if case == "tool":
        item = {"type": "function_call", "id": "f1", "call_id": "call_1", "name": "look", "arguments": "{}", "status": "completed"}
    done = {
        "id": "r1",
        "object": "response",
        "created_at": 1,
        "model": f"{case}-2026-01-01",
        "output": [item],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "status": "incomplete" if case == "length" else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if case == "length" else None,
        "usage": {
            "input_tokens": INPUT,
            "input_tokens_details": {"cached_tokens": CACHED, "cache_write_tokens": 0},
            "output_tokens": OUTPUT,
            "output_tokens_details": {"reasoning_tokens": REASONING},
            "total_tokens": INPUT + OUTPUT,
        },
    }
    begun = {**done, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    place = {"item_id": item["id"], "output_index": 0}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
    if case == "tool":
        events.append({"type": "response.output_item.added", "output_index": 0, "item": {**item, "arguments": "", "status": "in_progress"}})
        events.append({"type": "response.function_call_arguments.delta", **place, "delta": "{}"})
    else:
        kind = "refusal" if case == "refusal" else "output_text"
        events.append({"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": [], "status": "in_progress"}})
        empty = {"type": "refusal", "refusal": ""} if case == "refusal" else {"type": "output_text", "text": "", "annotations": []}
        events.append({"type": "response.content_part.added", **place, "content_index": 0, "part": empty})
        events += [{"type": f"response.{kind}.delta", **place, "content_index": 0, "delta": text, "logprobs": []} for text in TEXT]
    events.append({"type": "response.incomplete" if case == "length" else "response.completed", "response": done})
    return Answer(done, [(each["type"], {**each, "sequence_number": number}) for number, each in enumerate(events)])


ANTHROPIC_STOPS = {"ok": "end_turn", "tool": "tool_use", "length": "max_tokens", "refusal": "refusal"}


def anthropic_messages(case: str) -> Answer:
    """Messages: input tokens without the cache's."""
    usage = {
        "input_tokens": INPUT - CACHED - WRITTEN,
        "cache_read_input_tokens": CACHED,
        "cache_creation_input_tokens": WRITTEN,
        "output_tokens": OUTPUT,
    }
    block: dict[str, Any] = {"type": "text", "text": "".join(TEXT)}
    deltas: list[dict[str, Any]] = [{"type": "text_delta", "text": text} for text in TEXT]
    first: dict[str, Any] = {"type": "text", "text": ""}
    if case == "tool":
        block = {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "c4n4ry"}}
        first, deltas = {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": '{"at": "c4n4ry"}'}]
    head = {"id": "m1", "type": "message", "role": "assistant", "model": f"{case}-20260101", "stop_sequence": None}
    stop = ANTHROPIC_STOPS[case]
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**head, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": first},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": OUTPUT}},
        {"type": "message_stop"},
    ]
    return Answer({**head, "content": [block], "stop_reason": stop, "usage": usage}, [(each["type"], each) for each in events])


GEMINI_STOPS = {"ok": "STOP", "tool": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}


def gemini(case: str) -> Answer:
    """generate_content: thoughts are counted beside the answer."""
    usage = {
        "promptTokenCount": INPUT,
        "candidatesTokenCount": OUTPUT - REASONING,
        "thoughtsTokenCount": REASONING,
        "cachedContentTokenCount": CACHED,
        "totalTokenCount": INPUT + OUTPUT,
    }
    parts = [{"functionCall": {"name": "look", "args": {"at": "c4n4ry"}}}] if case == "tool" else [{"text": text} for text in TEXT]
    head = {"modelVersion": f"{case}-001", "responseId": "g1"}
    stop = {"finishReason": GEMINI_STOPS[case], "index": 0}
    whole = {**head, "candidates": [{"content": {"role": "model", "parts": parts}, **stop}], "usageMetadata": usage}
    chunks: list[dict[str, Any]] = [{**head, "candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}, "index": 0}]}]
    chunks += [{**head, "candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]} for part in parts]
    chunks.append({**head, "candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}, **stop}], "usageMetadata": usage})
    return Answer(whole, [(None, each) for each in chunks])


BEDROCK_STOPS = {"ok": "end_turn", "tool": "tool_use", "length": "max_tokens", "refusal": "guardrail_intervened"}


def bedrock(case: str) -> Answer:
    """Converse: input tokens without the cache's; the usage comes after the stop."""
    fresh = INPUT - CACHED - WRITTEN
    usage = {
        "inputTokens": fresh,
        "outputTokens": OUTPUT,
        "totalTokens": INPUT + OUTPUT,
        "cacheReadInputTokens": CACHED,
        "cacheWriteInputTokens": WRITTEN,
    }
    stop = {"stopReason": BEDROCK_STOPS[case]}
    blocks = [{"text": text} for text in TEXT]
    events: list[tuple[str | None, Any]] = [("messageStart", {"role": "assistant"})]
    if case == "tool":
        blocks = [{"toolUse": {"toolUseId": "t1", "name": "look", "input": {}}}]  # type: ignore[dict-item]
        events.append(("contentBlockStart", {"start": {"toolUse": {"toolUseId": "t1", "name": "look"}}, "contentBlockIndex": 0}))
        events.append(("contentBlockDelta", {"delta": {"toolUse": {"input": "{}"}}, "contentBlockIndex": 0}))
    else:
        events += [("contentBlockDelta", {"delta": {"text": text}, "contentBlockIndex": 0}) for text in TEXT]
    events += [
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", stop),
        ("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}),
    ]
    whole = {"output": {"message": {"role": "assistant", "content": blocks}}, **stop, "usage": usage, "metrics": {"latencyMs": 1}}
    return Answer(whole, events)


COHERE_STOPS = {"ok": "COMPLETE", "tool": "TOOL_CALL", "length": "MAX_TOKENS", "refusal": "ERROR_TOXIC"}


def cohere(case: str) -> Answer:
    """Chat, version 2."""
    usage = {"tokens": {"input_tokens": float(INPUT), "output_tokens": float(OUTPUT)}, "cached_tokens": float(CACHED)}
    message: dict[str, Any] = {"role": "assistant", "content": [{"type": "text", "text": "".join(TEXT)}]}
    events: list[dict[str, Any]] = [{"type": "message-start", "id": "x1", "delta": {"message": {"role": "assistant"}}}]
    if case == "tool":
        message = {"role": "assistant", "tool_calls": [CHAT_TOOL]}
        events.append({"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": CHAT_TOOL}}})
        events.append({"type": "tool-call-end", "index": 0})
    else:
        events.append({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}})
        events += [{"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}} for text in TEXT]
        events.append({"type": "content-end", "index": 0})
    events.append({"type": "message-end", "delta": {"finish_reason": COHERE_STOPS[case], "usage": usage}})
    whole = {"id": "x1", "finish_reason": COHERE_STOPS[case], "message": message, "usage": usage}
    return Answer(whole, [(each["type"], each) for each in events])


OLLAMA_STOPS = {"ok": "stop", "tool": "stop", "length": "length", "refusal": "content_filter"}


def ollama(case: str) -> Answer:
    """Chat: every chunk has the response's shape."""
    head = {"model": f"{case}:8b", "created_at": "2026-01-01T00:00:00Z"}
    end = {"done": True, "done_reason": OLLAMA_STOPS[case], "prompt_eval_count": INPUT, "eval_count": OUTPUT}
    calls = [{"function": {"name": "look", "arguments": {"at": "c4n4ry"}}}]
    whole: dict[str, Any] = {"role": "assistant", "content": "".join(_text(case))}
    messages: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if case == "tool":
        whole["tool_calls"] = calls
        messages.append({"role": "assistant", "content": "", "tool_calls": calls})
    messages += [{"role": "assistant", "content": text} for text in _text(case)]
    chunks = [{**head, "message": message, "done": False} for message in messages]
    chunks.append({**head, "message": {"role": "assistant", "content": ""}, **end})
    return Answer({**head, "message": whole, **end}, [(None, each) for each in chunks])
