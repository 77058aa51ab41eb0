import threading
import time

import pytest

from hwnas.devices._watchdog import ModelHungError, Watchdog


def never(_: bool) -> None:  # noqa: FBT001
    """Nobody has to be stopped here."""


def test_an_answer_comes_back_and_so_does_an_error() -> None:
    watchdog = Watchdog(60, never)
    assert watchdog.call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        watchdog.call(lambda: 1 / 0)
    assert watchdog.call(lambda: 8) == 8


def test_who_beats_may_take_longer_than_its_patience() -> None:
    watchdog = Watchdog(0.3, never)

    def work() -> str:
        for _ in range(6):
            watchdog.beat("a model")
            time.sleep(0.1)
        return "done"

    assert watchdog.call(work) == "done"


def test_who_is_silent_is_named_asked_to_stop_and_may_be_used_again() -> None:
    stop = threading.Event()
    watchdog = Watchdog(0.1, lambda now: stop.set() if now else stop.clear())

    def hang() -> None:
        watchdog.beat("m.onnx")
        stop.wait()

    with pytest.raises(ModelHungError, match=r"m\.onnx has not returned for 0\.1 s"):
        watchdog.call(hang)
    assert watchdog.call(stop.is_set) is False


def test_who_does_not_hear_blocks_the_next_call_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwnas.devices._watchdog.STOPPING_SECONDS", 0.1)
    end = threading.Event()
    watchdog = Watchdog(0.1, never)
    with pytest.raises(ModelHungError):
        watchdog.call(end.wait)
    with pytest.raises(ModelHungError, match="still runs"):
        watchdog.call(lambda: 1)
    end.set()
    while True:
        try:
            assert watchdog.call(lambda: 2) == 2
            return
        except ModelHungError:  # about to end
            time.sleep(0.01)


def test_an_interrupt_while_waiting_stops_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    watchdog = Watchdog(60, lambda now: stop.set() if now else stop.clear())

    def interrupted(_thread: threading.Thread, timeout: float | None = None) -> None:  # noqa: ARG001
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        watchdog.call(stop.wait)
    assert watchdog.call(stop.is_set) is False
