"""Span attribute keys we write and read.

The OpenTelemetry GenAI name where one exists (semantic-conventions-genai, and the older
`gen_ai.system` form of semantic conventions 1.36), `otel_quality.*` only for what has none.
"""

from typing import Final

OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
SYSTEM: Final = "gen_ai.system"
"""The provider's key up to semantic conventions 1.36."""
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
PROMPT_TOKENS: Final = "gen_ai.usage.prompt_tokens"
"""Input tokens before semantic conventions 1.27."""
COMPLETION_TOKENS: Final = "gen_ai.usage.completion_tokens"
"""Output tokens before semantic conventions 1.27."""
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"
CACHE_CREATION_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
"""Cache writes before the rename to `cache_write`."""
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
COST: Final = "gen_ai.usage.cost"
"""US dollars; not in the conventions, but what most emitters that know the cost write."""
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
"""Seconds from the request's start."""
REQUEST_STREAM: Final = "gen_ai.request.stream"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
AGENT_NAME: Final = "gen_ai.agent.name"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
"""What the model is told beside the messages."""
ERROR_TYPE: Final = "error.type"
SERVER_ADDRESS: Final = "server.address"
SERVICE_NAME: Final = "service.name"
"""Of the resource: the platform of a session."""

EVALUATION_EVENT: Final = "gen_ai.evaluation.result"
"""The name of the log event that brings an evaluation."""
EVENT_NAME: Final = "event.name"
"""Of a log record, from emitters that do not fill the record's own field."""
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_VALUE: Final = "gen_ai.evaluation.score.value"
EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

BACKEND: Final = "otel_quality.backend"
TASK: Final = "otel_quality.task"
OUTCOME: Final = "otel_quality.outcome"
HAS_TOOLS: Final = "otel_quality.request.has_tools"
HAS_TOOL_CALL: Final = "otel_quality.response.has_tool_call"
RESPONSE_CHARACTERS: Final = "otel_quality.response.characters"
RESPONSE_HAS_CODE: Final = "otel_quality.response.has_code"
RESPONSE_HAS_LINK: Final = "otel_quality.response.has_link"
COMPLETION_SIGNS: Final = "otel_quality.response.completion_signs"
FAILURE_SIGNS: Final = "otel_quality.response.failure_signs"
ASKS_CLARIFICATION: Final = "otel_quality.response.asks_clarification"
TOOL_PARAMS_HASH: Final = "otel_quality.tool.params_hash"
TOOL_CONFIDENCE: Final = "otel_quality.tool.confidence"
PREDICTION_ID: Final = "otel_quality.prediction.id"
SESSION_END: Final = "otel_quality.session.end"
SESSION_SUCCESS: Final = "otel_quality.session.success"
SESSION_TASK_TYPE: Final = "otel_quality.session.task_type"

EVALUATION_AUTHOR: Final = "otel_quality.evaluation.author"
"""Who evaluated: a person's name or id, or what kind of evaluator it was."""
EVALUATION_AUTHOR_KIND: Final = "otel_quality.evaluation.author_kind"
"""`human`, `llm` or `code`; a human's thumb is feedback."""
MESSAGE_INDEX: Final = "otel_quality.message.index"
"""Position of the evaluated message in its session, from 0."""

CHAT: Final = "chat"
EXECUTE_TOOL: Final = "execute_tool"
INVOKE_AGENT: Final = "invoke_agent"

LLM_OPERATIONS: Final = frozenset({CHAT, "generate_content", "text_completion"})
TOOL_OPERATIONS: Final = frozenset({EXECUTE_TOOL})
AGENT_OPERATIONS: Final = frozenset({INVOKE_AGENT, "invoke_workflow"})
OTHER_OPERATIONS: Final = frozenset(
    {
        "embeddings",
        "rerank",
        "retrieval",
        "create_agent",
        "plan",
        "fetch_response",
        *(f"{verb}_memory" for verb in ("create", "update", "upsert", "delete", "search")),
        "create_memory_store",
        "delete_memory_store",
    }
)
"""Operations of the conventions that are no LLM, tool or agent call."""
