"""The running processor: the only room that knows the others, and the only one with a clock.

owner      the thread that owns the engine: takes what waits as one batch, ticks, hands on sessions and executions
historian  the thread that owns the store: grades and keeps them (keeping, grading), measures, does the chores (chores, reporting)
archive    what the API asks of history, as questions to the historian
judging    runs of an LLM judge in the background, on a thread and loop of their own
exporting  sessions that a class of the team's own brings
listeners  the four ports
processor  starts, announces, stops
"""

from otel_quality.service.processor import run

__all__ = ["run"]
