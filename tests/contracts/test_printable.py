import os
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.printable import printable, printable_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ± “words” 日本語 👩‍👩‍👧", "plain ± “words” 日本語 👩‍👩‍👧"),
        ("a\x1b[31mred", r"a\x1b[31mred"),
        ("a\x9b31mred", r"a\x9b31mred"),
        ("model\u202exnno.exe", r"model\u202exnno.exe"),
        ("a\tb\rc\x00d\x7f", r"a\tb\rc\x00d\x7f"),
        (os.fsdecode(b"caf\xe9.onnx"), r"caf\xe9.onnx"),
        ("\ufffe\uffff", r"\ufffe\uffff"),
        ("[red]no markup[/red] :smile:", "[red]no markup[/red] :smile:"),
    ],
)
def test_what_is_not_to_be_seen_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_line_ends_stay_in_a_text_and_are_escaped_in_a_line() -> None:
    assert printable("a\nb") == "a\nb"
    assert printable_line("a\nNext: hwnas b") == r"a\nNext: hwnas b"


@given(st.text())
def test_any_text_becomes_one_that_can_be_encoded_and_stands_in_xml(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert printable(shown) == shown
    element = ElementTree.Element("e")
    element.text = shown
    assert ElementTree.fromstring(ElementTree.tostring(element)).text == (shown or None)  # noqa: S314  our own
