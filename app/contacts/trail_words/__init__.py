"""What the audit trail calls the things of this feature."""
