"""Predictors on disk: ``model.onnx`` and ``card.json``, nothing that can run code.

The card is written last and holds the model's hash, so a folder that was half written is noticed.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, Self

import numpy as np
from pydantic import model_validator

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.document import Document
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.predictor import HonestyCard, Prediction, Predictor
from hwnas.contracts.space_record import SpaceRecord
from hwnas.export.onnx_function import OnnxFunction
from hwnas.predictors._features import feature_names
from hwnas.predictors._fitted import Fitted, finite_rows, nothing
from hwnas.predictors._graph import model

if TYPE_CHECKING:
    from hwnas.contracts.search_space import SearchSpace

# Kernels make a column per known row, so a whole population at once could fill the memory.
_BATCH = 4096
_OUTPUTS = ("mean", "low", "high")


class StoredCard(Document):
    """What ``card.json`` holds; `sha256` is of the model, `digest` of all the rest of the card."""

    schema_version: Literal[1]
    honesty: HonestyCard
    feature_names: tuple[str, ...]
    space: SpaceRecord | None
    sha256: str
    digest: str

    @classmethod
    def signed(
        cls, *, honesty: HonestyCard, feature_names: tuple[str, ...], space: SpaceRecord | None, sha256: str
    ) -> Self:
        """With its digest."""
        unsigned = cls.model_construct(
            schema_version=1, honesty=honesty, feature_names=feature_names, space=space, sha256=sha256, digest=""
        )
        return unsigned.model_copy(update={"digest": unsigned.own_digest()})

    def own_digest(self) -> str:
        """What `digest` must be."""
        return hashlib.sha256(self.model_dump_json(exclude={"digest"}).encode()).hexdigest()

    @model_validator(mode="after")
    def _is_as_it_was_written(self) -> Self:
        if self.digest != self.own_digest():
            raise ValueError("its digest is not that of its content")
        return self

    @model_validator(mode="after")
    def _figures_are_possible(self) -> Self:
        card = self.honesty
        shares = (card.interval_confidence, card.interval_coverage, abs(card.kendall_tau))
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError("confidence, coverage and rank correlation should lie within 0 and 1")
        if not all(math.isfinite(error) and error >= 0 for error in (card.mean_error, card.p95_error)):
            raise ValueError("errors should be finite and not negative")
        return self


def write(folder: Path, fitted: Fitted, honesty: HonestyCard, *, space: SearchSpace | None) -> None:
    """Write both files of a predictor.

    Raises:
        InputError: the folder cannot be written.
    """
    graph = model(fitted.regressor.subgraph(), fitted.view.matrix, width=fitted.width, floor=fitted.floor)
    raw = graph.SerializeToString()
    features = len(fitted.view.matrix)
    names = tuple(f"feature{i}" for i in range(features)) if space is None else feature_names(space)
    card = StoredCard.signed(
        honesty=honesty,
        feature_names=names,
        space=None if space is None else SpaceRecord.of(space),
        sha256=hashlib.sha256(raw).hexdigest(),
    )
    write_atomic(folder / "model.onnx", raw)
    write_atomic(folder / "card.json", card.model_dump_json(indent=2) + "\n")


class StoredPredictor(Predictor):
    """A predictor read from a folder: it predicts through ONNX Runtime, and cannot learn.

    Raises:
        InputError: a file is missing, damaged, or does not belong to the other.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stored = _read_card(folder / "card.json")
        self._function = OnnxFunction(folder / "model.onnx", sha256=self.stored.sha256)
        width = len(self.stored.feature_names)
        if self._function.widths != (width,) or self._function.outputs != _OUTPUTS:
            raise InputError(
                f"{folder}/model.onnx should turn {width} features into {', '.join(_OUTPUTS)}, got widths "
                f"{self._function.widths} and outputs {self._function.outputs}; fit and save the predictor again."
            )

    def fit(self, features: FloatArray, target: FloatArray) -> NoReturn:  # noqa: ARG002
        """Not possible.

        Raises:
            InputError: always.
        """
        raise InputError(f"The predictor stored in {self.folder} cannot learn more; fit a new one and save it there.")

    def predict(self, features: FloatArray) -> Prediction:
        """See `Predictor.predict`.

        Raises:
            InputError: another number of features, or a value that is not finite.
        """
        rows = finite_rows(features, len(self.stored.feature_names))
        batches = [self._function(rows[i : i + _BATCH]) for i in range(0, len(rows), _BATCH)]
        if not batches:
            return nothing()
        prediction = Prediction(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))
        if not all(np.isfinite(values).all() for values in (prediction.mean, prediction.low, prediction.high)):
            raise InputError(
                f"The predictor stored in {self.folder} gives figures that are not finite; fit and save it again."
            )
        return prediction

    @property
    def card(self) -> HonestyCard:
        """See `Predictor.card`."""
        return self.stored.honesty

    def save(self, folder: Path) -> None:
        """Copy both files to another folder.

        Raises:
            InputError: the folder cannot be written.
        """
        for name in ("model.onnx", "card.json"):
            write_atomic(folder / name, (self.folder / name).read_bytes())


def load(folder: Path, space: SearchSpace | None = None) -> StoredPredictor:
    """The predictor stored in `folder`; where `space` is given, it must be the one the predictor was fitted in.

    Raises:
        InputError: a file is missing, damaged or changed, or the predictor belongs to another space.
    """
    stored = StoredPredictor(folder)
    stored_space = stored.stored.space
    if space is not None and stored_space != SpaceRecord.of(space):
        was = "no named space" if stored_space is None else f"space {stored_space.name!r}"
        raise InputError(
            f"The predictor in {folder} was fitted for {was} with other parameters or choices than {space.name!r} "
            "has now; fit one for this space."
        )
    return stored


def _read_card(path: Path) -> StoredCard:
    return StoredCard.from_file(path, "predictor's card", "fit and save the predictor again")
