"""How a training went, as lines of JSON beside its checkpoint."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic

CURVE = "training.jsonl"
_FEWEST = 100  # lines of a training that has so many steps
_EVERY = 100  # steps, in long ones


@dataclass(frozen=True)
class StepDone:
    """What a training tells of a step that is done.

    Args:
        step: its number, from 1.
        of: how many there are.
        epoch: of the data, from 0.
        rate: learning rate.
        passes: sub-network passes since the start.
        losses: by the role of the sub-network.
        figures: of the task, on the search examples, by sub-network, where they were looked at after this step.
    """

    step: int
    of: int
    epoch: int
    rate: float
    passes: float
    losses: Mapping[str, float]
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether it is a point of the curve."""
        every = max(1, min(_EVERY, self.of // _FEWEST))
        return bool(self.figures) or self.step % every == 0 or self.step == self.of

    def line(self) -> dict[str, Any]:
        """As JSON."""
        said: dict[str, Any] = {"step": self.step, "epoch": self.epoch, "rate": self.rate, "passes": self.passes}
        return said | {"losses": dict(self.losses)} | ({"figures": dict(self.figures)} if self.figures else {})


OnStep = Callable[[StepDone], None]


def read_curve(folder: Path) -> list[dict[str, Any]]:
    """What `write_curve` wrote; nothing where no training was.

    Raises:
        InputError: a line is none of a curve.
    """
    path = folder / CURVE
    if not path.is_file():
        return []
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        wrong = any(not isinstance(line["step"], int) or not isinstance(line["losses"], dict) for line in lines)
    except (ValueError, KeyError, TypeError):
        wrong = True
    if wrong:
        raise InputError(
            f"{path} should hold a line of JSON with step and losses per kept step of a training; remove it."
        )
    return lines


def write_curve(folder: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Replace the curve in `folder`, so that it is never ahead of the checkpoint for long."""
    if lines:
        write_atomic(folder / CURVE, "".join(json.dumps(line) + "\n" for line in lines))
