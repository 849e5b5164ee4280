"""Words and pure functions that every other room builds on. No I/O, no framework."""
