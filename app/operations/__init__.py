"""Watching over the installation: regular duties, what is forgotten when, and the page that says how it is doing."""
