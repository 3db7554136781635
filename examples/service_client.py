"""Ask a running service (`goalplan serve`) for the plan of a TOML request, then for its review; needs Python alone.

python examples/service_client.py home.toml
python examples/service_client.py home.toml 2026-11-02    # and review it on that day, bought as it said
"""

import json
import os
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ADDRESS = os.environ.get("GOALPLAN_SERVICE", "http://127.0.0.1:8000")


def main(request_file: str, day: str | None = None) -> int:
    """Print the plan's status and the chance of each goal, then its review, or every problem that is named."""
    request = tomllib.loads(Path(request_file).read_text(encoding="utf-8"))
    try:
        plan = post("/plans?detail=core&paths=10000", request)
        print(f"{plan['status']}: {plan['reason']['text']['en']}")
        for goal in plan["goals"]:
            chance = goal["probability"]
            print(f"{goal['name']}: {chance['value']:.1%} ± {chance['standard_error']:.1%}")
        if day is not None:
            review = post("/review", {"plan": plan, "as_of": day, "holdings": bought(plan)})
            print(f"{day}: {review['advice'].replace('_', ' ')}")
            for event in review["events"]:
                print(event["text"]["en"])
    except urllib.error.HTTPError as refusal:
        problem = json.load(refusal)
        print(f"{problem['status']}: {problem['detail']}", file=sys.stderr)
        for fault in problem.get("errors", []):
            print(f"  {fault['detail']}", file=sys.stderr)
        return 1
    return 0


def post(path: str, document: dict[str, Any]) -> dict[str, Any]:
    """Send a document, dates as YYYY-MM-DD; return the answer."""
    call = urllib.request.Request(
        ADDRESS + path,
        data=json.dumps(document, default=str).encode(),
        headers={"Content-Type": "application/json", "X-API-Key": os.environ.get("GOALPLAN_API_KEY", "")},
    )
    with urllib.request.urlopen(call, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def bought(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the holdings of a client who did on the first day what the plan said, at the prices of that day."""
    client = plan["request"]["client"]
    wealth = client["cash"] + sum(held["value"] for held in client["holdings"])
    return [
        {"asset": asset, "value": round(weight * wealth, 2)}
        for asset, weight in plan["today"]["weights"].items()
    ]


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
