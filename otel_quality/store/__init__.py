"""History that people query: executions, sessions and grades, predictions, adaptations, policies, reports, feedback,
what judges said, and the text of sessions where it is kept.

contract     what every store can do, and its settings; judged: the part about feedback, evaluations and runs
schema       the tables, as migrations
statements   every statement, in the words that both databases share; judged_statements, retention likewise
rows         records to rows and back; judged_rows likewise
sql          the store over any database; judged_sql is its other half
database     what a database must do
sqlite, postgres   two databases
opening      the store that the settings name
"""
