"""goalplan."""
