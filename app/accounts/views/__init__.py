"""Signing in, one's own account, and the pages on staff and roles."""
