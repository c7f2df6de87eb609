"""Measurements: costs and ratios against named peers, in one run. They report and assert nothing."""
