"""Checks of what a distribution does not show, one in each file."""
