"""The running processor: the only room that knows the others, and the only one with a clock.

owner      the thread that owns the engine: takes what waits as one batch, ticks
listeners  the four ports
processor  starts, announces, stops
"""

from otel_quality.service.processor import run

__all__ = ["run"]
