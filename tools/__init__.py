"""Programs that the Makefile runs: what a checkout needs besides Python packages, and documentation made from tables."""
