"""History that people query: executions, sessions and grades, predictions, adaptations, policies, reports.

contract     what every store can do, and its settings
schema       the tables, as migrations
statements   every statement, in the words that both databases share
rows         records to rows and back
sql          the store over any database
database     what a database must do
sqlite, postgres   two databases
opening      the store that the settings name
"""
