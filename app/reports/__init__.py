"""Figures over everything: what came in, from whom, for what, and what needs a person today. Reads only."""
