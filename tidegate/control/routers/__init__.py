"""The control API's operations: one module for each noun, which builds its router."""
