"""What can go wrong between a request and a plan, and whose fault it is.

Bad input raises `pydantic.ValidationError` when a model is built, and `RequestError` when a request is
read from a file. Market data that cannot be used raise `goalplan.scenarios.DataError`. A plan that cannot
be reached is no error: it is an answer.
"""

from collections.abc import Sequence


class RequestError(ValueError):
    """The request cannot be used as it is.

    The fault lies in the input, so a retry with the same input will not help. `problems` holds one
    sentence for each thing wrong, naming the key, the value, what is allowed and what to do.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class SolverError(RuntimeError):
    """A solver failed numerically on a valid request.

    Not the caller's fault and not an infeasible plan. Retrying with the same input will fail again;
    another seed or slightly wider limits may help, and a report of the request helps us.
    """
