"""Dashboards as code: plain Python in, Grafana's classic dashboard JSON out.

`python -m grafana` writes `dashboards/*.json`; `python -m grafana --check` fails if one is not what the code says. Standard
library and the vocabulary only; knows no Grafana server and asks none.

    promql       queries from the metric table and the dashboards' variables
    fields       thresholds, value mappings, overrides
    panels       one function per kind of panel
    tables       tables of instant queries
    words        words and colours that mean the same on every board
    grid         places panels on Grafana's 24 columns
    shell        what every dashboard shares: variables, links, the drift annotation
    boards/      one module per dashboard
    scenario     three simulated hours, for tests and pictures
    weeks        eight simulated days of agents at work, likewise
    judged       four simulated weeks of sessions that a judge scores, likewise
    backfill     such hours and days into a real Prometheus
    pictures     `python -m grafana.pictures`: every dashboard as PNG
    preview/     draws a dashboard with Grafana's own front-end packages

Decision: classic JSON (schema version 39) by our own helpers, because Grafana 10.4 to 13 read it as it is, whereas the
foundation SDK's classic builder is deprecated and writes no panel ids, which links to a panel need.
"""
