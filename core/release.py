"""Which release of Tidegate this is."""

from importlib.metadata import version

RELEASE = version("tidegate")
