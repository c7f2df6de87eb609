"""A session's grade by fixed rules: completion, efficiency, quality, each with every sign that counted.

Pure and without text: a record in, a grade out. What it cannot know (no answer's features were told) it does not count.

    completion  +1 words of completion, +1 words of a result, +1 few errors; -1 words of failure, -1 many errors, -1 a very short
                final answer; completed = more for than against
    efficiency  the first row of `EFFICIENCY` that the error rate and the tool calls fit
    quality     3, plus length, code and links, minus errors and loops, held to 1-5

The error rate is errors over API calls (an API call being an answer of the model); where no API call is known, over tool calls. Errors
are failed tool executions and failed API calls. Calls, where loops and efficiency speak of them, are tool calls.

Decision: the rate is over API calls and not over tool calls, so a message that calls four tools and fails with one of them has a rate of 1:
that is what users of these grades are used to. It is never above 1.
"""

from typing import Final

from otel_quality.core.sessions.record import Grade, SessionRecord, Sign

FEW_ERRORS: Final = 0.10
MANY_ERRORS: Final = 0.30
SHORT_CHARACTERS: Final = 20
"""A final answer with fewer is very short."""
REPEATED_RUN: Final = 3
LOOP_RUN: Final = 5
LOOP_CALLS: Final = 50
MANY_TOTAL: Final = 5
LONG_CHARACTERS: Final = (500, 1000)
BASE_QUALITY: Final = 3.0

EFFICIENCY: Final = ((5, 0.0, 10.0), (4, 0.1, 15.0), (3, 0.25, 25.0), (2, 0.4, float("inf")))
"""(grade, highest error rate, most tool calls); else 1."""


def grade(record: SessionRecord) -> Grade:
    """Grade a session.

    >>> said = grade(SessionRecord("s", api_calls=4, tool_calls=3))
    >>> said.task_completed, said.tool_calls_efficient, said.response_quality, said.summary
    (True, 5, 3.0, 'completed; 3 tool calls in 4 API calls, no errors')
    """
    rate = error_rate(record)
    errors = record.tool_errors + record.failed_api_calls
    repeated = record.error_run >= REPEATED_RUN
    loop = record.error_run >= LOOP_RUN or record.tool_calls > LOOP_CALLS
    completion = _completion(record, rate)
    quality = _quality(record, errors, repeated=repeated, loop=loop)
    efficient = _efficiency(rate, record.tool_calls)
    completed = sum(sign.weight for sign in completion) > 0
    recovered = record.tool_errors > 0 and record.recovered
    return Grade(
        task_completed=completed,
        tool_calls_efficient=efficient,
        response_quality=max(1.0, min(5.0, BASE_QUALITY + sum(sign.weight for sign in quality))),
        errors_recovered=recovered,
        total_api_calls=record.api_calls,
        total_errors=errors,
        error_types=tuple(name for name, _ in record.error_types),
        tools_with_errors=tuple(name for name, _ in record.failing_tools),
        repeated_errors=repeated,
        loop_risk=loop,
        clarification=record.clarification,
        summary=_summary(record, completed=completed, errors=errors, recovered=recovered, loop=loop),
        signs={
            "completion": completion,
            "efficiency": (
                Sign("error_rate", f"{rate:.2f}", float(efficient)),
                Sign("tool_calls", str(record.tool_calls), float(efficient)),
            ),
            "quality": quality,
        },
    )


def error_rate(record: SessionRecord) -> float:
    """Errors per API call, 0-1.

    >>> error_rate(SessionRecord("s", api_calls=4, tool_errors=1)), error_rate(SessionRecord("s", tool_calls=2, tool_errors=1))
    (0.25, 0.5)
    """
    errors = record.tool_errors + record.failed_api_calls
    return min(1.0, errors / (record.api_calls or record.tool_calls or 1))


def _completion(record: SessionRecord, rate: float) -> tuple[Sign, ...]:
    final = record.final
    rules = [
        (rate <= FEW_ERRORS, Sign("few_errors", f"{rate:.2f}", 1.0)),
        (rate > MANY_ERRORS, Sign("many_errors", f"{rate:.2f}", -1.0)),
    ]
    if final is not None:
        rules += [
            (final.completion_signs > 0, Sign("completion_words", str(final.completion_signs), float(final.completion_signs))),
            (final.failure_signs > 0, Sign("failure_words", str(final.failure_signs), -float(final.failure_signs))),
            (final.characters < SHORT_CHARACTERS, Sign("short_final_answer", str(final.characters), -1.0)),
        ]
    return tuple(sign for counts, sign in rules if counts)


def _efficiency(rate: float, calls: int) -> int:
    return next((value for value, most_rate, most_calls in EFFICIENCY if rate <= most_rate and calls <= most_calls), 1)


def _quality(record: SessionRecord, errors: int, *, repeated: bool, loop: bool) -> tuple[Sign, ...]:
    rules = [
        (repeated, Sign("repeated_errors", str(record.error_run), -1.0)),
        (errors > MANY_TOTAL, Sign("more_than_5_errors", str(errors), -1.0)),
        (loop, Sign("loop_risk", f"{record.tool_calls} calls, run of {record.error_run}", -2.0)),
    ]
    final = record.final
    if final is not None:
        rules += [(final.characters > bound, Sign(f"over_{bound}_characters", str(final.characters), 1.0)) for bound in LONG_CHARACTERS]
        rules += [(final.has_code, Sign("code_block", "yes", 1.0)), (final.has_link, Sign("links", "yes", 0.5))]
    return tuple(sign for counts, sign in rules if counts)


def _summary(record: SessionRecord, *, completed: bool, errors: int, recovered: bool, loop: bool) -> str:
    parts = [_counted(record.tool_calls, "tool call") + " in " + _counted(record.api_calls, "API call"), _counted(errors, "error")]
    if record.error_types:
        parts[-1] += f" ({record.error_types[0][0]})"
    if recovered:
        parts.append("recovered")
    if loop:
        parts.append("loop risk")
    return f"{'completed' if completed else 'not completed'}; {', '.join(parts)}"


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
