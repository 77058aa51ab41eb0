from functools import partial
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.training._named import check_named, taken, told

NAMED = {"double": lambda x: 2 * x}


def test_a_name_a_function_and_one_in_a_file_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def triple(x):\n    return 3 * x\n\nsix = 6\n")
    for said, expected in (("double", 4), (abs, 2), (f"{file}:triple", 6)):
        check_named("the rule", said, NAMED)  # type: ignore[arg-type]
        assert taken("rule", said, NAMED)(2) == expected  # type: ignore[arg-type]
    with pytest.raises(InputError, match="should be a function, got 6"):
        taken("rule", f"{file}:six", NAMED)


def test_a_word_that_names_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"The rule is one of double, FILE.py:NAME, got 'duoble'"):
        check_named("the rule", "duoble", NAMED)


def test_functions_of_other_texts_and_settings_are_told_by_other_words() -> None:
    def one(x: float) -> float:
        return x

    assert told("double") == "double"
    words = [told(one), told(lambda x: x + 1), told(partial(one, x=1)), told(partial(one, x=2)), told(dict)]
    assert len(set(words)) == len(words)
    assert words[-1] == "builtins.dict"
    assert told(one) == words[0]
