"""How long trainings are where nothing else is said, and their rates by optimizer; without what is slow to load."""

from collections.abc import Mapping

TO_TRAIN: Mapping[str, float] = {"epochs": 14, "batch_size": 128, "weight_decay": 5e-4}
TO_HEAL: Mapping[str, float] = {"epochs": 3, "batch_size": 64, "weight_decay": 1e-4}
RATES: Mapping[str, float] = {"sgd": 0.1, "adamw": 0.001}
DECAY_OF_ADAMW = 0.01  # it shrinks weights by this share of the rate, which is small
