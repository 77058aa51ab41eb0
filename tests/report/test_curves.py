"""The picture of curves: every method named once, nothing outside, names that do not touch."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hwnas.contracts.errors import InputError
from hwnas.report.curves import Curve, write_curves_svg


def drawn(curves: list[Curve], path: Path) -> ElementTree.Element:
    write_curves_svg(curves, path, title="A & B", x_label="Evaluations", y_label="Share")
    return ElementTree.parse(path).getroot()  # noqa: S314


@pytest.mark.parametrize("n", [1, 5, 35])
def test_every_method_is_named_once_and_names_do_not_touch(n: int, tmp_path: Path) -> None:
    curves = [Curve(f"method{i:02}", [0.1, 0.2], [0.2, 0.9], [0.3, 0.95]) for i in range(n)]
    root = drawn(curves, tmp_path / "c.svg")
    names = [e for e in root.iter() if e.get("class") == "name"]
    assert sorted((e.text or "").split()[0] for e in names) == [c.name for c in curves]
    heights = sorted(float(e.get("y", 0)) for e in names)
    assert all(b - a >= 16.9 for a, b in pairwise(heights))
    bottom = float((root.get("viewBox") or "").split()[3])
    assert heights[0] > 40
    assert heights[-1] < bottom - 40


def test_curves_that_are_flat_and_of_one_point_are_drawn(tmp_path: Path) -> None:
    root = drawn([Curve("flat", [0.5], [0.5], [0.5])], tmp_path / "c.svg")
    assert any(e.get("class", "").startswith("line") for e in root.iter())


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one curve"):
        write_curves_svg([], tmp_path / "c.svg", title="", x_label="", y_label="")


def test_names_that_are_no_xml_are_shown_as_their_escapes(tmp_path: Path) -> None:
    root = drawn([Curve("a\x1b[31m\x00", [0.1], [0.2], [0.3])], tmp_path / "c.svg")
    assert any((e.text or "").startswith(r"a\x1b[31m\x00") for e in root.iter())
