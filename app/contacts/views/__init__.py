"""The pages of contacts: lists and records, differences to decide on, and the search over everything."""
