"""The JSON API over the present snapshot and over history."""
