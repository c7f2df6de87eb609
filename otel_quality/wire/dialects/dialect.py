"""What a dialect is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where one family of emitters writes the fields of an LLM call, a tool execution or an agent run.

    Every field is a tuple of attribute keys; the first that is present wins, an empty tuple says that it is never written.

    Attributes:
        name: the label value in `llmq_field_coverage_ratio`.
        marks: keys any of which tells a span of this dialect.
        time_to_first_chunk: in seconds.
    """

    name: str
    marks: tuple[str, ...]
    operation: tuple[str, ...]
    provider: tuple[str, ...]
    request_model: tuple[str, ...]
    response_model: tuple[str, ...]
    input_tokens: tuple[str, ...]
    output_tokens: tuple[str, ...]
    cache_read_tokens: tuple[str, ...]
    cache_write_tokens: tuple[str, ...]
    reasoning_tokens: tuple[str, ...]
    finish_reasons: tuple[str, ...]
    time_to_first_chunk: tuple[str, ...]
    cost_usd: tuple[str, ...]
    tool_definitions: tuple[str, ...]
    conversation_id: tuple[str, ...]
    error_type: tuple[str, ...]
    agent_name: tuple[str, ...]
    tool_name: tuple[str, ...]
    tool_arguments: tuple[str, ...]
    tool_result: tuple[str, ...]
    input_messages: tuple[str, ...]
    output_messages: tuple[str, ...]
