"""`report ...`: one file per report; `group` lists them."""

from otel_quality.cli.report.group import command

__all__ = ["command"]
