"""The demo: simulated backends through the real SDK, OTLP and processor, watched live in a terminal.

backends and an agent ── SDK ── OTLP ──▶ processor (a child process) ◀── JSON API ── watch ──▶ view
"""
