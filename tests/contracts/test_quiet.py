"""What is said within it is not heard; what is said after it is."""

import logging
import sys
import warnings

import pytest

from hwnas.contracts.quiet import quiet


def test_libraries_say_nothing_within_it_and_are_heard_again_afterwards(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    def speak(word: str) -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.write(f"{word}\n")
        logging.getLogger("torch").warning(word)
        warnings.warn(word, stacklevel=1)

    with quiet():
        speak("hush")
    with pytest.raises(KeyError), quiet():
        raise KeyError("x")
    speak("heard")
    assert capsys.readouterr() == ("heard\n", "heard\n")
    assert caplog.messages == ["heard"]
    assert [str(w.message) for w in recwarn] == ["heard"]
