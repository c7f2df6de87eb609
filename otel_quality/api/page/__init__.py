"""The built-in page: what the JSON API says, for a browser. Rendered here, read without JavaScript, and nothing comes from elsewhere."""
