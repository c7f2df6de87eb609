"""What we tell others: the metrics page."""
