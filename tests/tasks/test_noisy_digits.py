"""Inputs are pictures and noise in shares that the time says, and the noise is the label."""

import numpy as np

from hwnas.contracts.task import SPLITS
from hwnas.tasks.digits import SIZES, digits
from hwnas.tasks.noisy_digits import DRAWS, noisy_digits

TASK = noisy_digits()


def test_without_its_noise_an_input_is_the_picture_as_much_as_the_time_left_of_it() -> None:
    for split in SPLITS:
        examples, pictures = TASK.examples(split), digits().examples(split).inputs[0]
        images, time = examples.inputs
        assert images.shape == (DRAWS[split] * SIZES[split], 1, 8, 8)
        angle = np.pi / 2 * time.reshape(-1, 1, 1, 1)
        left = images - np.sin(angle) * examples.labels
        np.testing.assert_allclose(left, np.cos(angle) * np.tile(pictures, (DRAWS[split], 1, 1, 1)), atol=1e-5)


def test_every_picture_is_seen_at_times_from_the_beginning_to_the_end() -> None:
    draws = DRAWS["train"]
    times = TASK.examples("train").inputs[1].reshape(draws, -1)
    assert (np.floor(times * draws) == np.arange(draws)[:, None]).all()


def test_noise_is_of_variance_one_and_other_noise_for_every_split() -> None:
    labels = [TASK.examples(split).labels for split in SPLITS]
    assert all(abs(float(each.var()) - 1) < 0.02 for each in labels)
    assert not any(np.array_equal(labels[0][:100], each[:100]) for each in labels[1:])
