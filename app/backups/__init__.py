"""Backups: everything the database holds at one instant, in one encrypted file, and the way back."""
