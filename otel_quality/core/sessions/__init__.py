"""Whole sessions: assembled from steps or read from message lists, and graded.

record      what a session was, frozen
shapes      message lists of the common shapes as turns; exports: those of chat applications; instants: their times
messages    turns to a record
assembly    steps to records, in any order of arrival; part: what the steps of a session add up to
merge       two records of one session to one
grade       a record to a grade: the rules, each with why
calibrate   what labelled sessions teach: a probability of completion
issues      what recurs across sessions, and suggestions
"""
