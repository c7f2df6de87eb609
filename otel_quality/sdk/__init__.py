"""Runs in the user's process: one span per LLM call, tool execution and agent run, read from what they return.

Refuses to raise into the user's code, to keep prompts or completions, and to import a client library.

    observers     the public decorators
    block         `llm_call`
    wrap          one wrapper per kind of callable, all around the same span
    call          that span: begun, current, read, ended once
    kinds         what a returned thing is to its call: a value, or something it goes on with
    proxy         what a returned stream comes back as
    step          one step of a stream with the span current
    reading       what one response told, folded in chunk by chunk
    shapes/       one file per response shape: where each client keeps what we read
    request       what the arguments tell: model, tools
    endings       how what did not succeed has ended
    content       messages and tool arguments on the span; off unless asked for
    sessions      the conversation that spans belong to
    predictions   how likely an execution is to succeed; policies: numbers that the processor adjusts
    asking        the thread that asks the processor for them
    configuration the OpenTelemetry provider and exporter
    border        the one place that catches everything, and counts
"""
