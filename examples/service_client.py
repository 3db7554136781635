"""Ask a running service (`goalplan serve`) for the plan of a TOML request; needs Python alone.

python examples/service_client.py home.toml
"""

import json
import os
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

ADDRESS = os.environ.get("GOALPLAN_SERVICE", "http://127.0.0.1:8000")


def main(request_file: str) -> int:
    """Print the status of the plan and the chance of each goal, or every problem that the service names."""
    document = tomllib.loads(Path(request_file).read_text(encoding="utf-8"))
    call = urllib.request.Request(
        f"{ADDRESS}/plans?detail=core&paths=10000",
        data=json.dumps(document, default=str).encode(),  # dates as YYYY-MM-DD
        headers={"Content-Type": "application/json", "X-API-Key": os.environ.get("GOALPLAN_API_KEY", "")},
    )
    try:
        with urllib.request.urlopen(call, timeout=60) as answer:
            plan = json.load(answer)
    except urllib.error.HTTPError as refusal:
        problem = json.load(refusal)
        print(f"{problem['status']}: {problem['detail']}", file=sys.stderr)
        for fault in problem.get("errors", []):
            print(f"  {fault['detail']}", file=sys.stderr)
        return 1
    print(f"{plan['status']}: {plan['reason']['text']['en']}")
    for goal in plan["goals"]:
        print(
            f"{goal['name']}: {goal['probability']['value']:.1%} ± {goal['probability']['standard_error']:.1%}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
