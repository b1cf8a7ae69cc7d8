"""The public face: pages on which anybody gives, without an account."""
