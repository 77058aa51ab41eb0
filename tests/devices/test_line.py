"""A conversation with a program: messages come back, noise is passed over, and a lost line says why."""

import sys

import pytest

from hwnas.contracts.errors import DeviceError
from hwnas.devices._line import MOST_WAITING, Line, LineLostError, SilentError

PYTHON = (sys.executable, "-IS", "-u", "-c")
ECHO = """
import json, sys
print("a greeting of the machine")
print("[1, 2]")
for line in sys.stdin.buffer:
    if line.strip():
        message = json.loads(line)
        size = len(sys.stdin.buffer.read(message.get("bytes", 0)))
        print(json.dumps({**message, "size": size}))
"""


def test_messages_and_their_bytes_arrive_and_what_is_no_message_is_passed_over() -> None:
    line = Line([*PYTHON, ECHO])
    try:
        line.send({"do": "this"})
        assert line.receive(20) == {"do": "this", "size": 0}
        payload = bytes(600_000)  # in three pieces
        line.send({"do": "that"}, payload)
        assert line.receive(20) == {"do": "that", "bytes": 600_000, "size": 600_000}
    finally:
        line.close()
    line.close()


def test_a_program_that_ends_is_lost_with_its_exit_code_and_its_last_words() -> None:
    line = Line([*PYTHON, "import sys; sys.exit('no such host')"])
    with pytest.raises(LineLostError, match="exit code 1: no such host") as lost:
        line.receive(20)
    assert (lost.value.code, lost.value.errors) == (1, "no such host")
    line.close()


def test_silence_ends_after_the_time_that_is_given() -> None:
    line = Line([*PYTHON, "import time; time.sleep(60)"])
    with pytest.raises(SilentError):
        line.receive(0.05)
    line.close()


@pytest.mark.parametrize("says", ["print('noise')", "print('x' * 9999, end='')"])
def test_a_program_that_says_nonsense_without_end_is_given_up_and_does_not_fill_the_memory(says: str) -> None:
    line = Line([*PYTHON, f"while True: {says}"])
    with pytest.raises(SilentError):
        line.receive(0.3)
    assert line._answers.qsize() <= MOST_WAITING
    line.close()
    assert not line._listener.is_alive()


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceError, match=r"The program 'no-such-program' is needed .* No such file"):
        Line(["no-such-program"])
