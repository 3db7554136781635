"""``python -m goalplan`` is the command ``goalplan``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
