"""A plan under way: what happened since it was made, what it will reach now, and what to do."""
