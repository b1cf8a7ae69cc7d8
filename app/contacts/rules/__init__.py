"""Decisions about people without a database: names, greetings, numbers, days."""
