import re
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.report.cliffs import write_cliffs_svg


def test_the_picture_holds_every_width_the_steps_and_the_multiples(tmp_path: Path) -> None:
    widths = list(range(33, 81))
    steps = [0.01 * -(-w // 16) for w in widths]
    text = write_cliffs_svg(tmp_path / "c.svg", "A <device>", widths, steps, steps, 16).read_text()
    assert text.count("<circle") == len(widths)
    assert text.count('class="good"') == 3
    assert "A &lt;device&gt;" in text
    assert "polyline" in text


def test_one_width_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least two widths"):
        write_cliffs_svg(tmp_path / "c.svg", "", [8], [1.0], [1.0], 8)


def test_every_width_has_its_step(tmp_path: Path) -> None:
    text = write_cliffs_svg(tmp_path / "c.svg", "", [8, 12, 16], [0.01, 0.02, 0.03], [0.01, 0.01, 0.03], 8).read_text()
    (points,) = re.findall(r'<polyline[^>]* points="([^"]*)"', text)
    dots = re.findall(r'<circle[^>]* cx="([\d.]+)" cy="([\d.]+)"', text)
    steps = [tuple(map(float, point.split(","))) for point in points.split()]
    assert [x for x, _ in steps] == pytest.approx([float(x) for x, _ in dots], abs=0.06)
    assert steps[0][1] == steps[1][1] == pytest.approx(float(dots[0][1]), abs=0.06)
    assert steps[2][1] == pytest.approx(float(dots[2][1]), abs=0.06)
    with pytest.raises(ValueError, match="shorter"):
        write_cliffs_svg(tmp_path / "c.svg", "", [8, 16], [0.01, 0.02], [0.01], 8)
