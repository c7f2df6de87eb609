"""Scrape configuration, rules, notification routes and their Grafana twin, all written from one specification.

    settings        every threshold, duration and address that a user may change
    expressions     PromQL pieces, and the ratios that are recorded
    alert           what an alert is
    alerts          the specification: one record per alert; those on agents are in `agents`, on judges in `evaluations`
    rules           Prometheus rule file
    servers         prometheus.yml and alertmanager.yml
    grafana_alerts  the same alerts as Grafana-managed ones
    files           what is written where; the table of docs/alerts.md

`python -m prometheus` writes the files, `--check` fails where they differ. Not part of the wheel: it is run from a checkout.
"""
