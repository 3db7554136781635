"""A small book of clients as a firm keeps it."""

from typing import Any

GOAL = {"kind": "home", "name": "Flat", "due": "2028-05-01", "amount": 300_000.0}


def request_of(number: int, **client: Any) -> dict[str, Any]:
    level, cash = f"C{2 + number % 4}", 120_000.0 + 9_000.0 * number
    return {
        "client": {"id": f"A{number}", "risk_level": level, "cash": cash, **client},
        "goals": [{**GOAL, "amount": 250_000.0 + 7_000.0 * (number % 5)}],
        "contributions": {"monthly": 3_000.0},
    }
