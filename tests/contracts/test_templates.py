"""What `hwnas new` writes keeps the contract of its kind."""

from pathlib import Path

import hwnas
from hwnas.testing import contract

FOLDER = Path(hwnas.__file__).parent / "templates"

TestTask = contract("tasks", f"{FOLDER}/task.py:task")
TestSpace = contract("spaces", f"{FOLDER}/space.py:space")
TestStrategy = contract("strategies", f"{FOLDER}/strategy.py:strategy")
