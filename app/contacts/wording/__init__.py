"""What pages call kinds, states and days."""
