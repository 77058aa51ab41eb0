from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.evaluation.evaluator import Evaluator
from hwnas.pipeline.side_by_side import side_by_side
from tests.pipeline.conftest import reopened
from tests.plugged import Simulated


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of the architectures whose accuracy is measured from now on."""
    keys: list[str] = []
    real = Evaluator.figures

    def watched(self: Evaluator, architectures: Sequence[Architecture]) -> Iterator[float]:
        keys.extend(architecture.key for architecture in architectures if self.measured(architecture) is None)
        return real(self, architectures)

    monkeypatch.setattr(Evaluator, "figures", watched)
    return keys


def test_a_second_device_shares_the_accuracies_and_has_a_front_of_its_own(searched: Path, judged: list[str]) -> None:
    first = reopened(searched)
    known = {result.trial.architecture.key for result in first.run.archive.results()}
    other = reopened(searched, Simulated(name="other", slower={"*": 3.0}))
    front, second_front = first.front(), other.search(16, samples=24, finalists=3)
    assert not set(judged) & known
    assert first.front().device["device"] == "simulated"
    assert other.front().device["device"] == "other"
    rows = side_by_side([(first, front), (other, second_front)])
    assert {row.key for row in rows} == {m.key for f in (front, second_front) for m in f.members}
    assert [row.latencies_ms[0] for row in rows] == sorted(row.latencies_ms[0] for row in rows)
    for row in rows:
        assert row.latencies_ms[1] == pytest.approx(3 * row.latencies_ms[0], rel=0.25)
        for i, found in enumerate((front, second_front)):
            own = {member.key: member.latency_ms for member in found.members}
            assert row.measured[i] == (row.key in own)
            assert row.latencies_ms[i] == own.get(row.key, row.latencies_ms[i])


def test_a_device_that_was_never_searched_still_hands_nothing_out(searched: Path) -> None:
    stranger = reopened(searched, Simulated(name="stranger"))
    front = stranger.front()
    with pytest.raises(InputError, match="was measured on a device with device simulated"):
        front.pick(max_latency_ms=100.0).export(searched / "m.onnx")
