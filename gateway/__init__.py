"""The one data plane: every request, public or private, passes here."""
