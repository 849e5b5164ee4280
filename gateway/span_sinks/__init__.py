"""One span sink in each file."""
