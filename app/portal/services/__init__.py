"""What donors may do on their own page."""
