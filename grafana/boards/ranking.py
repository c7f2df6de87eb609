"""Which backend for which task: the matrix of tasks, and the ranking of everything with its certainty."""

from grafana import words
from grafana.boards import common
from grafana.boards.common import BY_KEY
from grafana.fields import by_name, thresholds
from grafana.grid import Panel
from grafana.promql import chosen, score_100, select
from grafana.shell import link_to
from grafana.tables import CELL, columns, matrix, merged, table
from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import ALL, MIN_SAMPLES


def by_task(panel_id: int) -> Panel:
    """Backends as lines, tasks as columns."""
    single_tasks = (chosen("task"), f'task!="{ALL}"')
    return table(
        panel_id,
        "Score per task",
        "Score of each backend at each task over all its models: read down a column to find the best backend for a task.",
        columns(score_100(f"max by (backend, task) ({select(metrics.BACKEND_SCORE, *single_tasks)})")),
        matrix(rows="backend", columns="task", title="Backend"),
        none="No score yet",
        sort=[("Backend", False)],
        defaults={
            "decimals": 0,
            "thresholds": thresholds(words.SCORE_STEPS),
            "mappings": [words.EMPTY_CELL],
            "custom": CELL | {"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}},
        },
        overrides=[
            by_name(
                "Backend",
                custom_cellOptions={"type": "auto"},
                custom_align="left",
                links=link_to("llmq-backend", "Open this backend", "Backend"),
            )
        ],
    )


def ranking(panel_id: int) -> Panel:
    """Every backend, model and task."""
    score, samples = select(metrics.SCORE), select(metrics.SAMPLES)
    interval = [score, select(metrics.SCORE_LOWER), select(metrics.SCORE_UPPER)]
    names = {"task": "Task", "backend": "Backend", "model": "Model", "#A": "Score", "#B": "At least", "#C": "At most"}
    return table(
        panel_id,
        "Ranking",
        "Best first: choose a task above to compare models for it. `At least` and `At most` bound the true score with 95 % confidence; "
        f"where two lines overlap, neither is proven better. `Rank` is the score scaled down under {MIN_SAMPLES} samples, as the "
        "recommendations do it.",
        columns(
            *(score_100(f"max by ({BY_KEY}) ({series})") for series in interval),
            f"max by ({BY_KEY}) ({samples})",
            score_100(f"max by ({BY_KEY}) ({score} * clamp_max({samples} / {MIN_SAMPLES}, 1))"),
        ),
        merged(names | {"#D": "Samples", "#E": "Rank"}),
        none="No score yet",
        sort=[("Rank", True)],
        overrides=[
            by_name("Backend", links=link_to("llmq-backend", "Open this backend, model and task", "Backend", "Model", "Task")),
            by_name("Score", **common.score_bar(180)),
            by_name("At least", decimals=0, custom_width=90),
            by_name("At most", decimals=0, custom_width=90),
            by_name("Samples", **common.colored(((None, words.MILD), (MIN_SAMPLES, "text"))), custom_width=90),
            by_name("Rank", decimals=0, custom_width=80),
        ],
    )
