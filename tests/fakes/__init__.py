"""Fakes of the edges. Each one passes the same contract class as the real thing."""
