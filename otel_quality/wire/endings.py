"""How a call ended, from what its span says: outcome, stop class, type of error."""

from otel_quality.core.observation import MISSING
from otel_quality.vocabulary import outcomes, stops
from otel_quality.vocabulary.outcomes import Outcome
from otel_quality.vocabulary.stops import StopClass
from otel_quality.wire import names, values
from otel_quality.wire.otlp_pb2 import AnyValue
from otel_quality.wire.values import Text


def ending(told: Text, failed: bool, error: Text, reasons: bytes) -> tuple[Outcome, int, str | None]:
    """Outcome, stop class (or MISSING) and type of error of a call, by the rules of docs/observations.md.

    Args:
        told: `otel_quality.outcome`.
        failed: the span's status is ERROR.
        error: `error.type`.
        reasons: the finish reasons, a serialized `AnyValue`.
    """
    worst = stops.worst([names.clean(reason) for reason in values.words(AnyValue.FromString(reasons))])
    stop = MISSING if worst is None else int(worst)
    error_type = names.label(error) if error else None
    outcome = outcomes.BY_LABEL.get(names.clean(told))
    if outcome is None:
        outcome = Outcome.SUCCESS
        if error_type or failed:
            outcome = outcomes.from_error_type(error_type or "")
        elif worst in (StopClass.FILTER, StopClass.REFUSAL):
            outcome = Outcome.REFUSAL
    if error_type is None and outcome in (Outcome.ERROR, Outcome.TIMEOUT):
        error_type = outcome.label
    return outcome, stop, error_type
