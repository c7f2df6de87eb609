"""OpenTelemetry GenAI semantic conventions up to 1.36: `gen_ai.system`, messages as events.

Most instrumentations still write this form unless told otherwise. It knows neither streaming nor time to first chunk, so a
span without them says nothing; tool definitions and calls travel in events only.
"""

from dataclasses import replace
from typing import Final

from otel_quality.vocabulary import attributes as a
from otel_quality.wire.dialects import otel

DIALECT: Final = replace(
    otel.DIALECT,
    name="otel-1.36",
    marks=(a.SYSTEM, a.OPERATION_NAME, a.REQUEST_MODEL, a.TOOL_NAME),
    provider=(a.SYSTEM,),
)
