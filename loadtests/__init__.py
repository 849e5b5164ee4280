"""Load tests: they stand outside and speak to servers by HTTP and the `tidegate` command only."""
