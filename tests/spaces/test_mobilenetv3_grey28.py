import torch
from torch import Tensor, nn

from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28


def test_the_first_stage_runs_at_14_two_at_7_and_two_at_4() -> None:
    space, sizes = mobilenetv3_grey28(), list[tuple[int, ...]]()
    assert space.build is not None
    with torch.device("meta"):
        network = space.build(space.largest).eval()

    def note(_module: nn.Module, _inputs: object, out: Tensor) -> None:
        sizes.append(tuple(out.shape[1:]))

    for stage in network.stages:  # type: ignore[union-attr]
        stage.register_forward_hook(note)  # type: ignore[union-attr]
    network(torch.empty(1, *space.inputs[0].shape, device="meta"))
    assert sizes == [(16, 14, 14), (24, 7, 7), (24, 7, 7), (40, 4, 4), (64, 4, 4)]
