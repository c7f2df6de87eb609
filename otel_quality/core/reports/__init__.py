"""Reports for people: a week of sessions, and what past executions teach. Pure: aggregates in, a record out, a record to a page.

weeks          ISO weeks and dates as text, by arithmetic
records        the records of a week
weekly         what the store added up to the record of a week
suggestions    what to do about it
summary        the same for the last days
lines          records of tools, patterns, agents, models, predictions, adaptations
intelligence   the record of everything that executions teach
course         the course of one session, with marks where it went wrong
words          numbers as a report says them
document       a page as data: sections of tables and items
sections       lines as sections
pages          each report as a page
rendering      a page as text, Markdown or HTML

A record is plain (texts, numbers, None) and is its own JSON.
"""
