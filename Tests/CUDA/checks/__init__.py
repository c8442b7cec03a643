"""What `device.py` checks, a topic to a file."""

import pathlib
import sys

# What the other benchmarks have: random weights, streams.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks"))
