"""The private Ray Serve cluster: what should be loaded, loading it, and answering from it."""
