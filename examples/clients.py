"""Write a file of made-up clients with goals three years ahead, to try `goalplan book` on; needs Python alone.

python examples/clients.py 20000 > clients.csv
python examples/clients.py 5000 --max-drawdown 0.12 > limited.csv
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterator

KINDS = ("home", "purchase", "home", "purchase", "purchase")
NAMES = ("Home", "Car", "Flat", "Wedding", "Studio")
COLUMNS = (
    "client.id", "client.risk_level", "client.cash", "contributions.monthly", "goals.0.kind", "goals.0.name",
    "goals.0.due", "goals.0.amount", "limits.max_drawdown",
)  # fmt: skip


def main() -> None:
    """Write the clients asked for, the same ones for the same seed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("count", type=int)
    asked.add_argument("--max-drawdown", type=float, help="limit of every client; none when left out")
    asked.add_argument("--due", default="2029-05-01", help="day of every goal")
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(clients(given.count, given.due, given.max_drawdown, random.Random(given.seed)))


def clients(count: int, due: str, limit: float | None, draw: random.Random) -> Iterator[tuple[object, ...]]:
    """Rows of clients: money is lognormal, and a goal is 0.7 to 1.3 times what the client will have put aside."""
    for number in range(count):
        cash = round(draw.lognormvariate(12.0, 0.8), -2)
        monthly = round(draw.lognormvariate(8.5, 0.6), -1)
        amount = round((cash + 36.0 * monthly) * draw.uniform(0.7, 1.3), -3)
        kind = draw.randrange(len(KINDS))
        level = draw.choices(("C1", "C2", "C3", "C4", "C5"), (5, 20, 40, 25, 10))[0]
        yield (
            f"K{number:07d}", level, cash, monthly, KINDS[kind], NAMES[kind], due, amount,
            "" if limit is None else limit,
        )  # fmt: skip


if __name__ == "__main__":
    main()
