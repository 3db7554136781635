"""The sections of a plan's document, each a function from a case to blocks."""
