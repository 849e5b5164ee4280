"""Measures of how far a window lies from its baseline, one in each file."""
