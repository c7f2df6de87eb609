"""LLM judges: a panel of experts that reads a masked transcript and scores it by a rubric. Knows no store, no clock of its own, no API."""
