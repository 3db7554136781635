"""Make market folders of a hundred years: shares and bonds, invented, by month and by year.

python examples/century.py century
goalplan cohorts examples/century.toml -o run                                     # 100 years of months
goalplan cohorts examples/century.toml --set 'market="century/annual"' -o run_annual  # once a year

The shares have calm and turbulent spells (a Markov chain of two states), the bonds follow a yield that wanders around
3 %. All is drawn from one seed: the same files each time.
"""

import sys
from pathlib import Path

import numpy as np

FIRST_YEAR, YEARS, SEED = 1926, 100, 1926
ENTRY = """
[[assets]]
id = "{id}"
name_zh = "{zh}"
name_en = "{en}"
asset_class = "{kind}"
region = "none"
currency = "CNY"
risk_level = {level}
fee = 0.002
trading_cost = 0.001
exempt = true
source = "invented by examples/century.py"
"""
ASSETS = (
    {"id": "shares", "zh": "股票", "en": "Shares", "kind": "equity", "level": 4},
    {"id": "bonds", "zh": "债券", "en": "Bonds", "kind": "bond", "level": 2},
)


def returns(rng: np.random.Generator) -> np.ndarray:
    """Monthly returns (months, 2): shares about 8 % a year at 18 % volatility, bonds about 3 % at 5 %."""
    months = 12 * YEARS
    turbulent = np.zeros(months, dtype=bool)
    for t in range(1, months):
        stay = 0.90 if turbulent[t - 1] else 0.03  # spells of 10 months every three years
        turbulent[t] = rng.uniform() < stay
    shares = np.where(turbulent, -0.006, 0.0095) + np.where(turbulent, 0.085, 0.036) * rng.standard_normal(
        months
    )
    rate = 0.03
    bonds = np.empty(months)
    for t in range(months):
        change = 0.01 * (0.03 - rate) + 0.0025 * rng.standard_normal()
        bonds[t] = rate / 12.0 - 5.0 * change  # a duration of five years
        rate = max(rate + change, 0.0)
    return np.column_stack([np.expm1(shares), bonds])


def write(folder: Path, dates: list[str], levels: np.ndarray) -> None:
    """Write one market folder."""
    folder.mkdir(parents=True, exist_ok=True)
    head = f'schema_version = 1\n\n[market]\nname = "{folder.name}"\ncurrency = "CNY"\nvalues = "levels"\n'
    (folder / "assets.toml").write_text(head + "".join(ENTRY.format(**a) for a in ASSETS), encoding="utf-8")
    rows = [f"{day},{a:.6f},{b:.6f}" for day, (a, b) in zip(dates, levels, strict=True)]
    (folder / "prices.csv").write_text("\n".join(["date,shares,bonds", *rows]) + "\n", encoding="utf-8")


def main(target: str) -> None:
    """Write the monthly market, and the annual one inside it."""
    made = returns(np.random.default_rng(SEED))
    levels = 100.0 * np.cumprod(np.vstack([np.ones(2), 1.0 + made]), axis=0)
    months = np.datetime64(f"{FIRST_YEAR - 1}-12") + np.arange(len(levels))
    write(Path(target), [str(month) for month in months], levels)
    write(Path(target) / "annual", [str(month)[:4] for month in months[::12]], levels[::12])


if __name__ == "__main__":
    main(sys.argv[1])
