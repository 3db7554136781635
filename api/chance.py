"""Probabilities as a terminal prints them: never as if they were certain."""


def chance(probability: float, standard_error: float | None = None) -> str:
    """Write a probability as a percentage, with its standard error; what would round to 0 or 100 % as a bound."""
    if probability < 0.0005:
        return "< 0.1%"
    if probability >= 0.9995:
        return "> 99.9%"
    error = "" if standard_error is None else f" ± {standard_error:.1%}"
    return f"{probability:.1%}{error}"
