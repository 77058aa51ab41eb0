import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from hwnas.devices import _runner
from hwnas.devices._runner import MAX_WARMUP_WINDOWS, STRETCH_RUNS, Record, Runner, _Account, _figures, _Loaded
from hwnas.devices._session import ModelRefusedError, Sessions
from hwnas.testing._models import write_chain


def test_a_round_lasts_for_both_the_runs_and_the_seconds_asked_for(tmp_path: Path) -> None:
    model = str(write_chain(tmp_path / "m.onnx", 1))
    runner = Runner(Sessions())
    rest = {"rounds": 1, "warmup_runs": 1, "seed": 0, "first_round": 0}
    (by_runs,) = runner.measure([model], model, min_runs=7, min_seconds=0.0, **rest)
    (by_time,) = runner.measure([model], model, min_runs=1, min_seconds=0.05, **rest)
    assert 7 <= by_runs["runs"] < 7 + STRETCH_RUNS
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


class Counting(Sessions):
    """Counts how often what is loaded, and takes as long for it as it is told."""

    loads: ClassVar[list[str]] = []
    seconds: ClassVar[float] = 0.0

    def load(self, path: str, seed: int) -> Callable[[], object]:
        self.loads.append(Path(path).stem)
        time.sleep(self.seconds)
        return super().load(path, seed)


@pytest.mark.parametrize(("seconds", "loads"), [(0.0, 6), (0.5, 1)])
def test_models_are_loaded_anew_between_rounds_unless_that_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, loads: int
) -> None:
    model, reference = (str(write_chain(tmp_path / f"{name}.onnx", 20)) for name in ("model", "reference"))
    monkeypatch.setattr(Counting, "seconds", seconds)
    Counting.loads.clear()
    runner = Runner(Counting())
    list(
        runner.measure([model], reference, rounds=6, min_runs=1, min_seconds=0.1, warmup_runs=1, seed=0, first_round=0)
    )
    assert Counting.loads.count("model") == loads
    assert Counting.loads.count("reference") == loads


def test_runs_made_in_timing_count_for_the_tail_and_only_what_lacks_is_made(tmp_path: Path) -> None:
    model = str(write_chain(tmp_path / "model.onnx", 20))
    Counting.loads.clear()
    runner = Runner(Counting())
    list(runner.measure([model], model, rounds=4, min_runs=25, min_seconds=0, warmup_runs=1, seed=3, first_round=0))
    loads = len(Counting.loads)
    ((p95, p99),) = runner.tails([model], passes=4, min_runs=25)
    assert len(Counting.loads) == loads
    assert 1 <= p95 <= p99
    runner.tails([model], passes=8, min_runs=25)
    assert len(Counting.loads) > loads


def test_a_machine_that_changes_its_speed_within_a_round_slows_model_and_reference_alike() -> None:
    """The model takes thrice the reference's time; after half of the round everything takes half as long again."""
    own = [[300, 300, 310], [301, 300, 300], [450, 450, 451], [450, 700, 450]]
    beside = [[100, 100, 100], [100, 101, 100], [101, 100, 100], [150, 150, 150], [150, 150, 150]]
    own_ms, reference_ms = _figures(own, beside)
    assert own_ms / reference_ms == pytest.approx(3.0, rel=0.01)
    assert reference_ms == pytest.approx(100e-6, rel=0.02)


WARM_UP, WINDOW = 10, 5  # runs


@pytest.mark.parametrize(
    ("windows", "looked_at"),
    [
        ([100, 100], 2),
        ([200, 150, 103, 100, 99, 50], 5),  # until one is within 2 % of the one before
        ([100, 200] * MAX_WARMUP_WINDOWS, MAX_WARMUP_WINDOWS),  # never
    ],
)
def test_a_model_is_warm_when_two_windows_of_runs_agree_and_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, windows: list[int], looked_at: int
) -> None:
    times = [1000] * WARM_UP + [ns for window in windows for ns in [window] * WINDOW]
    now = runs = 0

    def run() -> None:
        nonlocal now, runs
        now += times[runs]
        runs += 1

    clock = SimpleNamespace(perf_counter_ns=lambda: now, thread_time_ns=lambda: now)
    monkeypatch.setattr(_runner, "time", clock)
    _Loaded("m.onnx", run, lambda _: None, _Account()).warm_up(WARM_UP)
    assert runs == WARM_UP + looked_at * WINDOW


def measured(model: str) -> Record:
    (record,) = Runner(Sessions()).measure(
        [model], model, rounds=1, min_runs=3, min_seconds=0.0, warmup_runs=1, seed=0, first_round=0
    )
    return record


def test_a_clock_that_stands_still_is_said_of_the_model_it_cannot_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = str(write_chain(tmp_path / "m.onnx", 1))
    monkeypatch.setattr(_runner, "time", clocks(perf_counter_ns=lambda: 7))
    with pytest.raises(ModelRefusedError, match=r"m\.onnx cannot be timed: .*clock stands still or is too coarse$"):
        measured(model)


def test_a_clock_that_becomes_too_coarse_is_said_of_either_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, beside = str(write_chain(tmp_path / "m.onnx", 1)), str(write_chain(tmp_path / "beside.onnx", 1))
    runner = Runner(Sessions())
    plan = {"rounds": 1, "min_runs": 1, "min_seconds": 0.0, "warmup_runs": 1, "seed": 0}
    list(runner.measure([model], beside, first_round=0, **plan))
    for still in (model, beside):
        monkeypatch.setattr(_Loaded, "settle", lambda _: None)
        monkeypatch.setattr(_Loaded, "burst", lambda own, *_, at=still: ([0 if own.path == at else 9] * 2, [9, 9]))
        with pytest.raises(ModelRefusedError, match=f"{still} cannot be timed"):
            list(runner.measure([model], beside, first_round=1, **plan))


def test_a_processor_time_clock_that_ticks_too_seldom_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = str(write_chain(tmp_path / "m.onnx", 1))
    assert measured(model)["cpu_ms"] is not None
    calls: defaultdict[str, int] = defaultdict(int)

    def ticks() -> int:
        calls["ticks"] += 1
        return 10_000_000 * (calls["ticks"] // 50)

    monkeypatch.setattr(_runner, "time", clocks(thread_time_ns=ticks))
    record = measured(model)
    assert (record["cpu_ms"], record["reference_cpu_ms"]) == (None, None)
    assert record["wall_ms"] > 0


def clocks(**others: Callable[[], int]) -> SimpleNamespace:
    """Those of this machine, but for `others`."""
    names = ("perf_counter_ns", "perf_counter", "thread_time_ns", "monotonic")
    return SimpleNamespace(**{name: getattr(time, name) for name in names} | others)
