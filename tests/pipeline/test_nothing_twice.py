"""What was measured or learnt and still holds is not measured or learnt again; what no longer holds is."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hwnas.evaluation.evaluator import Evaluator
from hwnas.pipeline.delivery import validation
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor
from tests.pipeline.conftest import reopened
from tests.plugged import Simulated


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Counts what is done: networks calibrated, proofs, predictors fitted."""
    done: Counter[str] = Counter()

    def counted(owner: object, name: str, called: str) -> None:
        whole: Callable[..., object] = getattr(owner, name)

        def counting(*words: object, **options: object) -> object:
            done[called] += 1
            return whole(*words, **options)

        monkeypatch.setattr(owner, name, counting)

    counted(Evaluator, "network", "calibrated")
    counted(validation, "prove", "proved")
    counted(GenomePredictor, "fit", "fitted")
    yield done


def test_the_same_search_again_measures_nothing_and_ends_with_the_same_front(
    searched: Path, work: Counter[str]
) -> None:
    before = (searched / "front.json").read_bytes()
    device = Simulated()
    reopened(searched, device).search(16, samples=24)
    assert (searched / "front.json").read_bytes() == before
    assert device.timed == []
    assert work == {"fitted": 1}  # latencies, to predict those of the finalists


def test_a_report_after_a_search_learns_nothing_anew(searched: Path, work: Counter[str]) -> None:
    study = reopened(searched)
    study.report(study.front())
    assert not work


def test_a_predictor_that_is_gone_is_learnt_again(searched: Path, work: Counter[str]) -> None:
    (searched / "predictors" / "accuracy" / "model.onnx").unlink()
    study = reopened(searched)
    study.report(study.front())
    assert work == {"fitted": 1}
    assert (searched / "predictors" / "accuracy" / "model.onnx").is_file()


def test_a_finalist_whose_file_changed_is_written_and_proved_again_alone(searched: Path, work: Counter[str]) -> None:
    study = reopened(searched)
    path = searched / study.front().members[0].file
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    study.search(16, samples=24)
    assert path.read_bytes() == whole
    assert work["proved"] == 1


def test_a_search_for_another_device_judges_no_network_twice(searched: Path, work: Counter[str]) -> None:
    """The same latencies under another name: the same networks are asked for, and their scores are known."""
    reopened(searched, Simulated(name="another")).search(16, samples=24)
    assert work["calibrated"] == work["proved"] == 0
