"""Judging in the background: which sessions, by whom, within which bounds; continued after a restart.

front      what the API asks for: start, estimate, cancel; and what the processor does: continue at the start, stop
runs       one run under way: its sessions, several at a time, each failing alone
budget     what a run and a day may cost
anchors    reference sessions that are judged in every run, to watch the judge itself
panels     what judging needs of a panel of experts
equipment  the panels and all else that the settings name
beside     the thread and event loop that all of it runs on
"""

from otel_quality.service.judging.equipment import equip
from otel_quality.service.judging.front import Judging

__all__ = ["Judging", "equip"]
