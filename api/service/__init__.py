"""The optional HTTP service: `solve_plan` and its neighbours for programs that do not speak Python."""
