import pytest
import torch

from hwnas.training._precision import MixedPrecision


def test_a_step_whose_gradients_overflow_is_left_out_and_the_scale_halved() -> None:
    weight = torch.ones(2, requires_grad=True)
    optimizer, precision = torch.optim.SGD([weight], 0.1), MixedPrecision("float16", "cpu")
    before = precision.state()["scale"]
    for factor, moved in ((torch.inf, False), (1.0, True)):
        optimizer.zero_grad()
        precision.scaled((factor * weight).sum()).backward()  # type: ignore[no-untyped-call]
        precision.unscale(optimizer)
        precision.step(optimizer)
        assert (weight != 1).all().item() is moved
        assert precision.fault == ""
    assert precision.state()["scale"] == before / 2
    again = MixedPrecision("float16", "cpu")
    again.restore(precision.state())
    assert again.state() == precision.state()


def test_gradients_that_are_no_numbers_at_any_scale_are_a_fault() -> None:
    weight = torch.ones(2, requires_grad=True)
    optimizer, precision = torch.optim.SGD([weight], 0.1), MixedPrecision("float16", "cpu")
    steps = 0
    while not precision.fault and steps < 40:
        steps += 1
        optimizer.zero_grad()
        precision.scaled((torch.nan * weight).sum()).backward()  # type: ignore[no-untyped-call]
        precision.unscale(optimizer)
        precision.step(optimizer)
    assert 20 < steps < 40
    assert "however small their scale" in precision.fault


@pytest.mark.parametrize(("name", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_networks_run_in_the_precision_and_nothing_is_scaled(name: str, dtype: torch.dtype) -> None:
    precision = MixedPrecision(name, "cpu")  # type: ignore[arg-type]
    with precision.casting():
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == dtype
    loss = torch.ones(())
    assert precision.scaled(loss) is loss
    assert precision.state() == {}
