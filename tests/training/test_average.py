import torch

from hwnas.testing._own_cnn import own_cnn
from hwnas.training._average import Average, Values


def test_the_average_follows_the_values_and_at_first_faster() -> None:
    supernet, average = own_cnn(), Average(0.5)
    (first, *_) = supernet.parameters.values()
    expected = None
    for step, value in enumerate([1.0, 2.0, 4.0, 8.0]):
        first.data.fill_(value)
        average.follow(supernet, step)
        kept = min(0.5, (1 + step) / (10 + step))
        expected = value if expected is None else kept * expected + (1 - kept) * value
    average.take(supernet)
    torch.testing.assert_close(first.detach(), torch.full_like(first, expected or 0.0))


def test_values_are_lent_and_given_back_to_the_bit() -> None:
    supernet, other = own_cnn(0), own_cnn(1)
    before = {name: tensor.detach().clone() for name, tensor in supernet.shared.items()}
    values = Values()
    values.keep(supernet)
    with torch.no_grad():
        for name, tensor in supernet.parameters.items():
            tensor.copy_(other.shared[name])
    with values.lent(supernet):
        assert all(torch.equal(tensor, before[name]) for name, tensor in supernet.parameters.items())
    assert all(torch.equal(tensor, other.shared[name]) for name, tensor in supernet.parameters.items())
