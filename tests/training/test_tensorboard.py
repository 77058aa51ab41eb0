import sys
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.training._curve import StepDone
from hwnas.training._tensorboard import TensorBoard


def test_losses_rate_and_figures_of_steps_are_there_and_those_done_again_are_replaced(tmp_path: Path) -> None:
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    for steps, loss in (((1, 2, 3), 1.0), ((3, 4), 0.5)):  # killed after the third, which was not saved
        told = TensorBoard(tmp_path)
        for step in steps:
            figures = {"largest": 0.75} if step == 4 else {}
            told(StepDone(step, 4, 0, 0.1, 2.0 * step, {"largest": loss}, figures))
        told._writer.close()
    found = accumulators.EventAccumulator(str(tmp_path)).Reload()
    assert [(event.step, event.value) for event in found.Scalars("loss/largest")] == [
        (1, 1.0), (2, 1.0), (3, 0.5), (4, 0.5),
    ]  # fmt: skip
    assert [(event.step, event.value) for event in found.Scalars("figure/largest")] == [(4, 0.75)]
    assert len(found.Scalars("rate")) == len(found.Scalars("passes")) == 4


def test_without_tensorboard_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match=r"pip install 'hwnas\[tensorboard\]'"):
        TensorBoard(tmp_path)
