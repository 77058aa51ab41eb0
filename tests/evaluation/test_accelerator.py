import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.evaluation.accelerator import accelerator


def test_the_processor_is_always_there() -> None:
    assert accelerator("cpu") == torch.device("cpu")


@pytest.mark.parametrize("on", ["gpu", "cuda:x", "cuda:", "cpu:1", "CUDA", "", "cuda:1:2", None, 3])
def test_what_is_no_device_is_refused(on: str) -> None:
    with pytest.raises(InputError, match="there are cpu, cuda, cuda:1 and mps, got"):
        accelerator(on)


@pytest.mark.parametrize("on", ["cuda:99", "mps"])
def test_a_device_that_is_not_there_is_refused_in_a_sentence(on: str) -> None:
    if on == "mps" and torch.backends.mps.is_available():
        pytest.skip("it is there")
    with pytest.raises(InputError, match=f"{on} is not there: .*; use --on cpu") as caught:
        accelerator(on)
    assert "\n" not in str(caught.value)
