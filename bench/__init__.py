"""Measurements, each a module with a `main`; `make bench` runs them all.

Each prints ratios against a limit taken in the same run, so that a slow machine and a fast one say the same.
"""
