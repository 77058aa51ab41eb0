from pathlib import Path

import pytest

from hwnas.devices import _runner
from hwnas.devices._runner import Runner
from hwnas.devices._session import Sessions
from tests.devices.models import write_chain


def test_a_burst_lasts_for_both_the_runs_and_the_seconds_asked_for(tmp_path: Path) -> None:
    model = str(write_chain(tmp_path / "m.onnx", 1))
    runner = Runner(Sessions())
    rest = {"rounds": 1, "warmup_runs": 1, "seed": 0, "first_round": 0}
    (by_runs,) = runner.measure([model], model, min_runs=7, min_seconds=0.0, **rest)
    (by_time,) = runner.measure([model], model, min_runs=1, min_seconds=0.05, **rest)
    assert by_runs["runs"] == 7
    assert by_time["runs"] * by_time["wall_ms"] > 5


def test_kept_sessions_stay_within_bounds_and_evicted_models_are_loaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = [str(write_chain(tmp_path / f"{i}.onnx", 1)) for i in range(5)]
    monkeypatch.setattr(_runner, "_session_bytes", lambda: 1)
    runner = Runner(Sessions())
    records = list(
        runner.measure(models, models[0], rounds=2, min_runs=1, min_seconds=0.0, warmup_runs=1, seed=0, first_round=0)
    )
    assert len(records) == 10
    assert len(runner._loaded) == 2
