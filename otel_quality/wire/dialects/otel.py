"""The latest OpenTelemetry GenAI convention (semantic-conventions-genai, after 1.37): `gen_ai.provider.name`.

Our own SDK writes it too. Input tokens include cached ones, output tokens include reasoning.
"""

from typing import Final

from otel_quality.vocabulary import attributes as a
from otel_quality.wire.dialects.dialect import Dialect

DIALECT: Final = Dialect(
    name="otel",
    marks=(a.PROVIDER_NAME, a.BACKEND),
    operation=(a.OPERATION_NAME,),
    provider=(a.PROVIDER_NAME, a.SYSTEM),
    request_model=(a.REQUEST_MODEL,),
    response_model=(a.RESPONSE_MODEL,),
    input_tokens=(a.INPUT_TOKENS, a.PROMPT_TOKENS),
    output_tokens=(a.OUTPUT_TOKENS, a.COMPLETION_TOKENS),
    cache_read_tokens=(a.CACHE_READ_TOKENS,),
    cache_write_tokens=(a.CACHE_WRITE_TOKENS, a.CACHE_CREATION_TOKENS),
    reasoning_tokens=(a.REASONING_TOKENS,),
    finish_reasons=(a.FINISH_REASONS,),
    time_to_first_chunk=(a.TIME_TO_FIRST_CHUNK,),
    cost_usd=(a.COST,),
    tool_definitions=(a.TOOL_DEFINITIONS,),
    conversation_id=(a.CONVERSATION_ID,),
    error_type=(a.ERROR_TYPE,),
    agent_name=(a.AGENT_NAME,),
    tool_name=(a.TOOL_NAME,),
    tool_arguments=(a.TOOL_CALL_ARGUMENTS,),
    tool_result=(a.TOOL_CALL_RESULT,),
    input_messages=(a.INPUT_MESSAGES,),
    output_messages=(a.OUTPUT_MESSAGES,),
)
