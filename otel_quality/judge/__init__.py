"""LLM judges: a panel of experts that reads a masked transcript and scores it by a rubric. Knows no store, no clock of its own, no API.

config       which judges there are and what they may take
rubric       what each axis asks and which experts judge: `rubrics/default.toml`, or a team's own file
masking      secrets and personal data out of the text before a judge sees it, by patterns and views
transcript   a session as text that cannot be taken for anything but data; prompts: what is asked around it
backends/    how judges are reached, one file per client library
retrying     another attempt where it may help; parsing: answers taken strictly or not at all
accounting   tokens and money; errors: what a run should do about a failure
panel        all of that for one expert and one session; combining: what the experts say as one
visible      the judge's own calls as spans
anchors/     the shipped reference sessions that every run judges too
"""
