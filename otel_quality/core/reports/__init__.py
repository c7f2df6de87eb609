"""Reports for people: a week of sessions, and what past executions teach. Pure: aggregates in, a record out, a record to a page.

    weeks          ISO weeks and dates as text, by arithmetic
    weekly         the record of a week: figures, what was weakest, trends, what recurs, suggestions
    intelligence   the record of everything that executions teach
    document       a page as data: sections of tables and items
    pages          each record as a page
    rendering      a page as text, Markdown or HTML

A record is plain (texts, numbers, None) and is its own JSON.
"""
