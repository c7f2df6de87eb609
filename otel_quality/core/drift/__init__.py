"""Drift: has a key got worse. One detector per file, one contract (`detector.py`)."""
