"""The pages of funds and campaigns."""
