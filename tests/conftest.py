"""Settings that every test shares."""

from hypothesis import settings

# The same examples in every run, so that a red test is red again. No deadline: a first call compiles.
settings.register_profile("goalplan", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("goalplan")
