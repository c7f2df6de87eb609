"""A user's program: some LLM calls through the SDK, sent with OTLP to where the standard OTEL_* variables say.

    python -m tests.flow.emit BACKEND MODEL TASK COUNT OUTPUT_TOKENS

Ends when every span is sent.
"""

import sys

import otel_quality as oq


def main(backend: str, model: str, task: str, count: int, output_tokens: int) -> None:
    oq.configure()
    for _ in range(count):
        with oq.llm_call(backend=backend, model=model, task=task) as call:
            call.finish(output_tokens=output_tokens, stop_reason="stop")


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5]))
