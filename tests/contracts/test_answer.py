from collections import OrderedDict

import pytest
import torch

from hwnas.contracts.answer import answer_of
from hwnas.contracts.errors import InputError

LOGITS, OTHER = torch.zeros(2, 3), torch.ones(2, 5)


@pytest.mark.parametrize(
    "output",
    [LOGITS, (LOGITS,), [LOGITS], {"scores": LOGITS}, OrderedDict(loss=OTHER, logits=LOGITS, hidden_states=(OTHER,))],
)
def test_the_answer_is_the_only_tensor_or_the_one_called_logits(output: object) -> None:
    assert answer_of(output) is LOGITS


@pytest.mark.parametrize("output", [(LOGITS, OTHER), {"a": LOGITS, "b": OTHER}, (LOGITS, None), None, 3.0, ()])
def test_which_of_several_is_meant_is_not_guessed(output: object) -> None:
    with pytest.raises(InputError, match="should give one tensor, or several with one named 'logits'"):
        answer_of(output)
