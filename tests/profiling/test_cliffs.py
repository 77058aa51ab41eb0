import numpy as np
import pytest

from hwnas.profiling.cliffs import find_cliffs

WIDTHS = list(range(33, 81))


@pytest.mark.parametrize("multiple", [4, 8, 16, 32])
def test_the_step_of_a_noisy_staircase_is_found(multiple: int) -> None:
    rng = np.random.default_rng(multiple)
    latencies = [(0.01 + 0.002 * -(-w // multiple) * multiple) * (1 + 0.01 * rng.normal()) for w in WIDTHS]
    found = find_cliffs(WIDTHS, latencies)
    assert found.multiple == multiple
    assert found.padded(multiple + 1) == 2 * multiple
    assert found.guess_ms(33) == pytest.approx(latencies[0], rel=0.05)


def test_a_device_without_steps_likes_any_width() -> None:
    rng = np.random.default_rng(0)
    found = find_cliffs(WIDTHS, [(0.01 + 0.002 * w) * (1 + 0.01 * rng.normal()) for w in WIDTHS])
    assert found.multiple == 1
    assert found.padded(37) == 37
