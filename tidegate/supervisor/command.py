"""How Python is called for every process of the platform."""

import sys

# -P: what lies in the working folder is never imported in place of our modules.
PYTHON = (sys.executable, "-P", "-m")
