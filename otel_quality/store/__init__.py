"""History that people query: executions, sessions and grades, predictions, adaptations, policies, reports.

One contract (`contract.py`), one set of statements, SQLite by default and PostgreSQL as an extra.
"""
