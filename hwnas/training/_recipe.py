"""How long and how fast to learn: the same for every method, so that methods can be compared."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

import numpy as np
from torch import Tensor
from torch.optim import Optimizer

from hwnas.archive.provenance import rule_digest
from hwnas.contracts.errors import InputError
from hwnas.contracts.numbers import real, whole
from hwnas.contracts.objects import is_object, stored_object_at
from hwnas.contracts.raised import outcome
from hwnas.contracts.words import one_of
from hwnas.training._named import check_named, taken, told
from hwnas.training._optimizers import OPTIMIZERS, Factory, optimizer_of
from hwnas.training._precision import Precision
from hwnas.training._schedules import SCHEDULES, Schedule
from hwnas.training._usual import RATES


@dataclass(frozen=True)
class Recipe:
    """Without more words SGD with Nesterov momentum, linear warm-up, cosine decay to zero.

    Args:
        epochs: passes over the training data, where `passes` is not given.
        passes: sub-network passes (see `hwnas.contracts.training_step.Job.cost`): as many steps as stay within them.
        batch_size: examples that go through a network at once.
        learning_rate: the peak.
        momentum: of SGD; the first one of AdamW.
        weight_decay: of tensors of two or more dimensions (not of norms and biases).
        warmup_steps: at most a quarter of all.
        seed: of all that is drawn at random.
        optimizer: ``sgd``, ``adamw``, or what is called as ``factory(groups, lr=...)``, such as
            `torch.optim.RMSprop`; also ``FILE.py:NAME`` of that.
        schedule: ``cosine``, ``linear``, ``constant``, or a function of (step, steps) that gives the share of the
            peak, warm-up apart; also ``FILE.py:NAME`` of that.
        clip_norm: the gradient's L2 norm is at most this; None: any.
        accumulate: batches whose gradients make one step.
        label_smoothing: share of each label that is spread over all classes, for classifications.
        average: the most that the average of earlier weights keeps at a step (exponential moving average), such as
            0.999; then this average is what is judged, saved and handed out. 0: none.
        validate_every: epochs between looks at the search examples; None: none.
        patience: epochs without a better figure there until the training stops; the weights of the best are kept.
        precision: ``float32``, or what networks run in where PyTorch thinks that it does no harm: ``bfloat16`` or
            ``float16``, whose losses are scaled. Weights stay float32.

    Raises:
        InputError: a figure that cannot be followed, or a word that names nothing.
    """

    epochs: float = 20
    batch_size: int = 128
    learning_rate: float = RATES["sgd"]
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warmup_steps: int = 200
    seed: int = 0
    passes: int | None = None
    optimizer: str | Factory = "sgd"
    schedule: str | Schedule = "cosine"
    clip_norm: float | None = None
    accumulate: int = 1
    label_smoothing: float = 0.0
    average: float = 0.0
    validate_every: int | None = None
    patience: int | None = None
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        for name, given in (("number of epochs", self.epochs), ("learning rate", self.learning_rate)):
            if not real(f"the {name}", given) > 0:
                raise InputError(f"The {name} is above 0, got {given}; give more.")
        whole("the batch size", self.batch_size, 1)
        if self.passes is not None:
            whole("the number of passes", self.passes, 1)
        check_named("the optimizer", self.optimizer, OPTIMIZERS)
        check_named("the schedule", self.schedule, SCHEDULES)
        one_of("the precision", self.precision, get_args(Precision))
        whole("the seed of a training", self.seed)
        whole("the number of batches to accumulate", self.accumulate, 1)
        for name in ("validate_every", "patience"):
            if getattr(self, name) is not None:
                whole(f"{name}, in epochs,", getattr(self, name), 1)
        whole("the number of warm-up steps", self.warmup_steps)
        if not real("the weight decay", self.weight_decay) >= 0:
            raise InputError(f"A recipe's weight_decay is at least 0, got {self.weight_decay}; leave it out for none.")
        for name in ("momentum", "label_smoothing", "average"):
            if not 0 <= real(name, getattr(self, name)) < 1:
                raise InputError(f"A recipe's {name} is from 0 to below 1, got {getattr(self, name)}; give a share.")
        if self.clip_norm is not None and not real("clip_norm", self.clip_norm) > 0:
            raise InputError(f"A recipe's clip_norm is above 0, got {self.clip_norm}; leave it out for no clipping.")
        if self.optimizer == "adamw" and self.learning_rate == RATES["sgd"]:
            raise InputError(
                f"A learning rate of {self.learning_rate} is SGD's, and far too much for AdamW; give learning_rate, "
                f"such as {RATES['adamw']}."
            )

    @property
    def examples_per_step(self) -> int:
        """Of all batches whose gradients make one step."""
        return self.batch_size * self.accumulate

    @property
    def epochs_between_looks(self) -> int | None:
        """At the search examples; None: there are none."""
        return 1 if self.validate_every is None and self.patience is not None else self.validate_every

    def optimizer_of(self, parameters: Iterable[Tensor]) -> Optimizer:
        """The optimizer of `parameters`; its rate is set before every step.

        Raises:
            InputError: a factory of one's own fails, or gives something else.
        """
        rate, decay = self.learning_rate, self.weight_decay
        return optimizer_of(self.optimizer, parameters, rate, momentum=self.momentum, weight_decay=decay)

    def rate(self, step: int, steps: int) -> float:
        """Learning rate of a step.

        Raises:
            InputError: a schedule of one's own raises, or gives no share.
        """
        warm = min(1.0, (step + 1) / max(1, min(self.warmup_steps, steps // 4)))
        curve = taken("schedule", self.schedule, SCHEDULES)
        share = outcome(f"The recipe's schedule fails for step {step} of {steps}", curve, step, steps)
        if not isinstance(share, int | float) or not 0 <= share < math.inf:
            raise InputError(f"The schedule {told(self.schedule)} should give a share of the peak rate for step {step} "
                             f"of {steps}, got {share!r}; correct it.")  # fmt: skip
        return self.learning_rate * warm * share

    @property
    def settings(self) -> dict[str, Any]:
        """All of it as JSON; what is one's own by its name and text."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        said = {name: value.item() if isinstance(value, np.generic) else value for name, value in said.items()}
        return said | {"optimizer": told(self.optimizer), "schedule": told(self.schedule)}

    @property
    def own_parts(self) -> dict[str, str]:
        """Digests of what is named as ``FILE.py:NAME``, by part: others once the text of the function is another one.

        Raises:
            InputError: the file cannot be run, or has no such function.
        """
        parts = (("optimizer", self.optimizer, OPTIMIZERS), ("schedule", self.schedule, SCHEDULES))
        own = [(name, said, named) for name, said, named in parts if isinstance(said, str) and is_object(said)]
        return {name: rule_digest(taken(name, said, named)) for name, said, named in own}

    @classmethod
    def recorded(cls, settings: Mapping[str, Any]) -> "Recipe":
        """The recipe of `settings`, as a file has them.

        Raises:
            InputError: a part was one's own, and given in Python, or is in a file that this user never told.
        """
        for name, named in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            word = settings.get(name)
            if isinstance(word, str) and word not in named:
                if not is_object(word):
                    raise InputError(f"A recipe's {name} was given in Python ({word}); give the same recipe again.")
                stored_object_at(word, name)
        return cls(**settings)
