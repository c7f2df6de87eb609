"""`eval rubric ...`: one file per command; `group` lists them."""

from otel_quality.cli.eval.rubric.group import command

__all__ = ["command"]
