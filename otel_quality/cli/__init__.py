"""The commands: one file each, argument parsing and printing, no logic."""
