"""Which backend to use: score cards in, an ordered list with its reasons out.

Reads frozen records and returns frozen records; knows no policy, no price and no traffic, and never drops a backend.

Decision: the order is mission's rule and nothing else (a backend with fewer than `min_samples` responses has its score
multiplied by `n / min_samples`, and stays). Drift and intervals only add reasons: a rank that moved for two causes at once
could not be explained from its numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from otel_quality.core.snapshot import Card, Verdict
from otel_quality.vocabulary.measures import COMPONENTS, MIN_SAMPLES

_NOTABLE_POINTS: Final = 1.0
"""Points of the score under which a component's loss is not worth a reason."""
_MOST_LOSSES: Final = 2
"""Components named per backend; the first two say nearly all of it."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One backend's place.

    Attributes:
        rank: 1 is best.
        model: None where the card is over all models.
        score: 0-100, scaled down under `min_samples`, rounded to 2 places; this decides the order.
        raw_score: 0-100, as on the card.
        interval: 95 % interval of `raw_score`.
        state: "ok", or "insufficient_data" under `min_samples`.
        reasons: for people, the most telling first.
    """

    rank: int
    backend: str
    model: str | None
    score: float
    raw_score: float
    samples: int
    interval: tuple[float, float]
    state: str
    reasons: tuple[str, ...]


def rank(cards: Iterable[Card], *, min_samples: int = MIN_SAMPLES, drift: Iterable[Verdict] = ()) -> list[Recommendation]:
    """All backends, best first; equal ones by name.

    Args:
        cards: one per backend (and model) of one task or of all.
        min_samples: responses from which a score counts in full; >= 1.
        drift: verdicts; those that are mild or severe and concern a card add a reason to it.

    Raises:
        ValueError: min_samples is below 1.
    """
    if min_samples < 1:
        raise ValueError(f"min_samples must be 1 or more, not {min_samples}")
    drifting = [verdict for verdict in drift if verdict.severity != "none"]
    ordered = sorted(((_adjusted(card, min_samples), card) for card in cards), key=_place)
    best = ordered[0][1] if ordered else None
    return [
        Recommendation(
            rank=place,
            backend=card.key.backend,
            model=card.key.model,
            score=score,
            raw_score=card.score,
            samples=card.samples,
            interval=card.interval,
            state="ok" if card.samples >= min_samples else "insufficient_data",
            reasons=(*_evidence(card, min_samples), *_comparison(card, best), *_drift(card, drifting)),
        )
        for place, (score, card) in enumerate(ordered, start=1)
    ]


def _adjusted(card: Card, min_samples: int) -> float:
    return round(card.score * min(1.0, card.samples / min_samples), 2)


def _place(scored: tuple[float, Card]) -> tuple[float, str, str]:
    score, card = scored
    return -score, card.key.backend, card.key.model or ""


def _evidence(card: Card, min_samples: int) -> Iterator[str]:
    if not card.samples:
        yield "no responses yet"
        return
    if card.samples < min_samples:
        yield f"only {card.samples} of {min_samples} samples: score scaled by {card.samples / min_samples:.2f}"
    yield from _losses(card)
    if card.missing:
        yield f"{', '.join(card.missing)} not reported: the weight is spread over the other components"


def _losses(card: Card) -> Iterator[str]:
    """What costs the score most, in points of 100."""
    present = [component for component in COMPONENTS if component.name in card.components]
    whole = sum(component.weight for component in present) or 1.0
    lost = [(100 * component.weight / whole * (1 - card.components[component.name]), component.name) for component in present]
    facts = {
        "success": f"{card.successes} of {card.samples} succeeded",
        "error": f"{card.errors} of {card.samples}",
        "refusal": f"{card.refusals} of {card.samples}",
        "timeout": f"{card.timeouts} of {card.samples}",
        "latency": f"mean {card.mean_latency_ms:.0f} ms",
    }
    notable = sorted((item for item in lost if item[0] >= _NOTABLE_POINTS), reverse=True)
    if not notable:
        yield f"{facts['success']}, {facts['latency']}"
    for points, name in notable[:_MOST_LOSSES]:
        yield f"{name} costs {points:.1f} points ({facts[name]})"


def _comparison(card: Card, best: Card | None) -> Iterator[str]:
    if best is None or card is best or not card.samples or not best.samples:
        return
    if card.interval[1] >= best.interval[0]:
        yield f"95 % interval overlaps that of {_name(best)}: not clearly different"


def _drift(card: Card, drifting: Sequence[Verdict]) -> Iterator[str]:
    for verdict in drifting:
        if _concerns(verdict, card):
            parts = [f"model {verdict.key.model}"] if verdict.key.model is not None and card.key.model is None else []
            parts += [f"task {verdict.key.task}"] if verdict.key.task is not None and card.key.task is None else []
            where = f" ({', '.join(parts)})" if parts else ""
            yield f"drift {verdict.severity}: {verdict.reason}{where}"


def _concerns(verdict: Verdict, card: Card) -> bool:
    """Whether every part that both keys have is the same."""
    return all(None in (ours, theirs) or ours == theirs for ours, theirs in zip(verdict.key, card.key, strict=True))


def _name(card: Card) -> str:
    return card.key.backend if card.key.model is None else f"{card.key.backend} {card.key.model}"
