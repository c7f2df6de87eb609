"""The JSON API over the present snapshot."""
