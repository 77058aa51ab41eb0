from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.formats._format import Wishes, read_published
from hwnas.formats._source import Source
from hwnas.formats._yaml import read_yaml

PATH = Path("t.yaml")
LAUGHS = "a0: &a0 [ha, ha]\n" + "".join(
    f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, 16)
)


def test_aliases_that_stand_for_a_memory_full_are_refused() -> None:
    assert len(LAUGHS) < 600
    with pytest.raises(InputError, match=r"more than \d+ values when its aliases are written out") as caught:
        read_yaml(PATH, LAUGHS)
    assert len(str(caught.value)) < 300


def test_aliases_within_reason_are_read_and_what_is_no_latency_is_quoted_in_part(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    few = "\n".join(LAUGHS.splitlines()[:8])
    path.write_text(f"{few}\nConv-input:3x3x3-output:3x3x8: *a7\n")
    with pytest.raises(InputError) as caught:
        read_published(Source(path), "once_for_all", Wishes())
    assert len(str(caught.value)) < 500


def test_an_alias_reads_as_what_it_names() -> None:
    assert read_yaml(PATH, "a: &x {mean: 1.5}\nb: *x\n") == {"a": {"mean": 1.5}, "b": {"mean": 1.5}}


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", "x:\n  - {mean: 1, mean: 2}\n"])
def test_a_key_that_is_there_twice_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="twice; drop one"):
        read_yaml(PATH, text)


@pytest.mark.parametrize("text", ["a: [1", "a: 2001-99-99\n", "a: *nothing\n", "\x00", "&a [*a]", "? [a, b]\n: 1\n"])
def test_what_is_broken_is_one_sentence(text: str) -> None:
    try:
        read_yaml(PATH, text)
    except InputError as error:
        assert "\n" not in str(error)
