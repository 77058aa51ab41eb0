"""Whether less or more of a figure is better."""

from typing import Literal

Direction = Literal["min", "max"]
