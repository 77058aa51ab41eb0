"""A cheap guess at a measured figure, with an interval and a statement of how good the guesses are."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.limits import STRICT_FIELDS

SOURCES = "sources"
"""Setting of the predictors that start from tables of other devices: features ``(n, f)`` and figures ``(n,)`` of each,
in the features of the same space. Without any it does as those that know of none.
"""


@dataclass(frozen=True)
class Prediction:
    """Guesses for `n` architectures, each array ``(n,)``, in the unit of the target; `low` and `high` bound the
    interval that should hold the truth with the stated confidence.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class HonestyCard:
    """How a predictor did on figures it had not seen.

    Args:
        target: name of the figure, such as ``latency_ms``.
        model: name of the regressor that was chosen.
        samples: measured architectures it learnt from.
        held_out: predictions the figures below are from (cross-validated: each on rows not learnt from).
        mean_error: mean of |prediction - truth|, relative (to the truth) when `relative`, else in units.
        p95_error: 95th percentile of the same.
        relative: see `mean_error`.
        kendall_tau: rank correlation of prediction and truth, 1 is best; NaN never: 0 when undefined.
        interval_confidence: what the interval promises, such as 0.95.
        interval_coverage: the share of held-out truths it held.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_FIELDS

    target: str
    model: str
    samples: int
    held_out: int
    mean_error: float
    p95_error: float
    relative: bool
    kendall_tau: float
    interval_confidence: float
    interval_coverage: float

    def to_dict(self) -> dict[str, object]:
        """Plain JSON-able fields."""
        return asdict(self)


class Predictor(ABC):
    """Fitted by `fit`; refitting forgets what was learnt before."""

    @abstractmethod
    def fit(self, features: FloatArray, target: FloatArray) -> None:
        """Learn from features ``(n, f)`` and figures ``(n,)``.

        Raises:
            InputError: fewer rows than it can learn from, or a value that is not finite.
        """

    @abstractmethod
    def predict(self, features: FloatArray) -> Prediction:
        """Guess for ``(n, f)``."""

    @property
    @abstractmethod
    def card(self) -> HonestyCard:
        """How good the guesses are."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write ``model.onnx`` and ``card.json``; nothing executable, no pickle."""
