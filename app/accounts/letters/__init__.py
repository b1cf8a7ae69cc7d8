"""The letters staff get about their own account."""
