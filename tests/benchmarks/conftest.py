"""Makes `benchmarks` importable: it sits beside the package and is not installed with it."""

import sys
from pathlib import Path

_ROOT = str(Path(__file__).parents[2])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)  # last, so that an installed portkey_async stays the one under test
