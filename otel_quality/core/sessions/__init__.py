"""Whole sessions: assembled from steps or read from message lists, and graded.

record      what a session was, frozen
messages    a message list to a record
assembly    steps to records, in any order of arrival
grade       a record to a grade: the rules, each with why
calibrate   what labelled sessions teach: a probability of completion
issues      what recurs across sessions, and suggestions
"""
