"""How good each LLM backend is at each kind of task, when it gets worse, and which to use instead.

In your program:

    import otel_quality as oq

    oq.configure()                                        # optional: OTLP from the standard OTEL_* variables

    @oq.observe_llm(backend="anthropic", model="claude-sonnet-4-5", task="code")
    def answer(prompt): ...                               # also async, generators, methods, returned streams

    @oq.observe_tool
    def git_status(path): ...

    @oq.observe_agent(name="ezra")
    async def run(goal): ...

    with oq.session("conv-42", end=True):                 # the conversation of everything inside; it ends here
        with oq.llm_call(backend="groq", model="llama-4", task="fast_ops") as call:
            call.first_token()
            call.finish(output_tokens=120, stop_reason="stop")

    oq.predict_success("git_status", agent="ezra", params={"path": "."}).probability
    oq.feedback("conv-42", message_index=3, rating=-1)    # what a person says about a message
    oq.policy("ezra.evidence_threshold", default=0.8)     # adjusted by the processor's rules
    oq.on_policy_change("ezra.evidence_threshold", print)

The house, by room:

    vocabulary/   words that both processes share: attributes, outcomes, stop reasons, measures, metrics, errors
    sdk/          what is exported here; runs in your process, never raises into your code, needs the OpenTelemetry API only
    wire/         OTLP in: bytes to columns; one file per span dialect
    core/         pure: windows, scores, drift verdicts, sessions and their grades, what tools teach; records in, a snapshot out
    store/        the history that people query, on SQLite or PostgreSQL
    judge/        a panel of LLM experts, and masking of what it sees
    outlets/      the snapshot as Prometheus metrics
    api/          the snapshot and history as JSON
    service/      the processor: listeners, queue, clock
    config        every room's settings, checked at once
    demo/         simulated backends and the live view
    cli/          one file per command of `otel-quality`

Importing this package loads the OpenTelemetry API and nothing heavier; `configure` loads the rest.
"""

from otel_quality.sdk.block import llm_call
from otel_quality.sdk.configuration import configure
from otel_quality.sdk.feedback import feedback
from otel_quality.sdk.observers import observe_agent, observe_llm, observe_tool
from otel_quality.sdk.policies import on_policy_change, policy
from otel_quality.sdk.predictions import Prediction, predict_success
from otel_quality.sdk.sessions import session

__all__ = [
    "Prediction",
    "configure",
    "feedback",
    "llm_call",
    "observe_agent",
    "observe_llm",
    "observe_tool",
    "on_policy_change",
    "policy",
    "predict_success",
    "session",
]
