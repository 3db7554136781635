"""Write into README.md what `make plan` prints today."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "goalplan", "plan", "api/examples/home.en.toml"]

output = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, check=True).stdout.decode("utf-8")
readme = ROOT / "README.md"
text = readme.read_text(encoding="utf-8")
block = f"```text\n{output.strip()}\n```"
readme.write_text(re.sub(r"```text\n.*?```", lambda _: block, text, flags=re.DOTALL), encoding="utf-8")
