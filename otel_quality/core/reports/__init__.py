"""Reports for people: a week of sessions, and what past executions teach. Pure: aggregates in, a record out, a record to a page.

    weeks          ISO weeks and dates as text, by arithmetic
    records        the records of a week
    weekly         what the store added up to the record of a week
    suggestions    what to do about it
    intelligence   the record of everything that executions teach
    document       a page as data: sections of tables and items
    pages          the weekly record as a page
    rendering      a page as text, Markdown or HTML

A record is plain (texts, numbers, None) and is its own JSON.
"""
