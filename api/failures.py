"""What went wrong, for someone at a terminal: an exit code, and a sentence for each problem."""

import os
import sqlite3
import traceback

from pydantic import ValidationError

from .engine.errors import RequestError, SolverError
from .engine.explain import explain
from .engine.request import PlanRequest
from .scenarios.errors import DataError


def describe(error: Exception) -> tuple[int, tuple[str, ...]]:
    """Return the exit code and the sentences that an exception stands for.

    Parameters
    ----------
    error
        Whatever a command raised.

    Returns
    -------
    tuple
        2 for bad input, 4 for a solver that failed, 1 for anything else, which is a fault of goalplan.
        Never a traceback, unless ``GOALPLAN_TRACEBACK`` is set in the environment.
    """
    if isinstance(error, RequestError | DataError):
        return 2, error.problems
    if isinstance(error, ValidationError):
        return 2, explain(error, PlanRequest)
    if isinstance(error, OSError):
        return 2, (_file_problem(error),)
    if isinstance(error, sqlite3.DatabaseError):  # no record, locked, read-only, disk full
        return 2, (f"the record cannot be used ({error}); give the file of a record, or free the place.",)
    if isinstance(error, SolverError):
        return 4, (str(error),)
    if os.environ.get("GOALPLAN_TRACEBACK"):
        return 1, tuple("".join(traceback.format_exception(error)).splitlines())
    sentence = (
        f"a fault of goalplan, not of the input: {type(error).__name__}: {error}. "
        "Please report it with the request; GOALPLAN_TRACEBACK=1 shows where it happened."
    )
    return 1, (sentence,)


def _file_problem(error: OSError) -> str:
    where = error.filename if error.filename is not None else "a file"
    return f"{where} cannot be used ({error.strerror or error}); give another path or free the place."
