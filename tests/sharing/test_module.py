import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import names
from hwnas.sharing._named import named_sharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_cnn, own_space, randomise

SPACE = own_space()


def trained(supernet: Supernet, module: nn.Module, steps: int = 3) -> None:
    optimizer = torch.optim.SGD(module.parameters(), 0.1, momentum=0.9)
    x, labels = example(supernet, 6), torch.tensor([0, 1, 2, 0, 1, 2])
    for architecture in (SPACE.largest, SPACE.smallest, SPACE.middle)[:steps]:
        optimizer.zero_grad()
        F.cross_entropy(module(x, architecture=architecture), labels).backward()
        optimizer.step()


@pytest.mark.parametrize("scheme", names("sharing"))
def test_its_parameters_are_the_shared_tensors_themselves_under_their_names(scheme: str) -> None:
    supernet = Supernet(SPACE, named_sharing(scheme, SPACE, {}))
    randomise(supernet)
    module = supernet.as_module()
    assert dict(module.named_parameters()).keys() == supernet.parameters.keys()
    assert all(tensor is supernet.shared[name] for name, tensor in module.named_parameters())
    assert all(tensor is supernet.shared[name] for name, tensor in module.named_buffers())
    assert module.state_dict().keys() == supernet.shared.keys()
    x = example(supernet, 3)
    with torch.no_grad():
        for architecture in (SPACE.largest, SPACE.smallest):
            assert torch.equal(module.eval().use(architecture)(x), supernet(x, architecture))
        assert torch.equal(module.use(None)(x), module(x, architecture=SPACE.largest))
        assert torch.equal(module.train()(x), supernet(x, SPACE.largest, training=True))


def test_a_loop_of_ones_own_trains_the_supernet_as_the_supernets_own_call_does(tmp_path: Path) -> None:
    ours, theirs = own_cnn(), own_cnn()
    trained(ours, ours.as_module().train())
    optimizer = torch.optim.SGD(theirs.parameters.values(), 0.1, momentum=0.9)
    for architecture in (SPACE.largest, SPACE.smallest, SPACE.middle):
        optimizer.zero_grad()
        out = theirs(example(theirs, 6), architecture, training=True)
        F.cross_entropy(out, torch.tensor([0, 1, 2, 0, 1, 2])).backward()
        optimizer.step()
    assert all(torch.equal(tensor, theirs.shared[name]) for name, tensor in ours.shared.items())
    ours.save(tmp_path)
    again = Supernet.load(tmp_path, SPACE)
    assert all(torch.equal(tensor, again.shared[name]) for name, tensor in theirs.shared.items())


@pytest.mark.parametrize("assign", [False, True])
def test_a_state_dict_goes_round(assign: bool) -> None:  # noqa: FBT001
    ours, other = own_cnn(0), own_cnn(1)
    trained(ours, ours.as_module().train())
    module = other.as_module()
    state = {name: tensor.clone() for name, tensor in ours.as_module().state_dict().items()}
    assert str(module.load_state_dict(state, assign=assign)) == "<All keys matched successfully>"
    x = example(ours, 2)
    with torch.no_grad():
        assert torch.equal(module.eval()(x), ours(x, SPACE.largest))
        assert torch.equal(other(x, SPACE.smallest), ours(x, SPACE.smallest))
    with pytest.raises(RuntimeError, match="Missing key"):
        module.load_state_dict(dict(list(state.items())[1:]))


def test_moved_or_cast_the_supernet_follows() -> None:
    supernet = own_cnn()
    module = supernet.as_module()
    module.to("cpu").double()
    assert {tensor.dtype for tensor in supernet.shared.values() if tensor.is_floating_point()} == {torch.float64}
    assert all(tensor is supernet.shared[name] for name, tensor in module.named_buffers())
    trained(supernet.to("cpu"), module.float().train())
    assert all(tensor.isfinite().all() for tensor in supernet.shared.values())


def test_a_module_of_tensors_that_were_replaced_is_refused() -> None:
    supernet = own_cnn()
    module = supernet.as_module()
    with pytest.raises(InputError, match="width"):
        module.use({"width": 5})
    supernet.adopt(dict(supernet.shared))
    with pytest.raises(InputError, match=r"call as_module\(\) again"):
        module(example(supernet, 2))


@pytest.fixture
def one_process(tmp_path: Path) -> Iterator[None]:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.usefixtures("one_process")
@pytest.mark.skipif(os.name == "nt", reason="a file store needs another address there")
def test_distributed_data_parallel_trains_it_to_the_bit() -> None:
    ours, theirs = own_cnn(), own_cnn()
    trained(ours, nn.parallel.DistributedDataParallel(ours.as_module().train(), find_unused_parameters=True))
    trained(theirs, theirs.as_module().train())
    assert all(torch.equal(tensor, theirs.shared[name]) for name, tensor in ours.shared.items())


def test_names_that_modules_use_themselves_are_no_obstacle() -> None:
    class Odd(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.use, self.shared = nn.Linear(64, width), nn.Linear(width, 3)

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.shared(self.use(x.flatten(1)))
            return out

    supernet = Supernet.from_builder(lambda a: Odd(int(a["width"])), SPACE.choices[1:2], SPACE.inputs)
    module = supernet.as_module().use(supernet.space.smallest)
    assert module(example(supernet, 2)).shape == (2, 3)
    assert "use.weight" in module.state_dict()
