"""One limit store in each file."""
