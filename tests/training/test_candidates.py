import pytest
import torch

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training_step import Feature, Job, Output
from hwnas.spaces.micro_cell import micro_cell
from hwnas.spaces.micro_unet import BLOCKS, micro_unet
from hwnas.spaces.micro_widths import micro_widths
from hwnas.testing._own_cnn import OwnCnn, own_space
from hwnas.training._candidates import Compared, candidates_of_blocks, smallest_within, with_options


def test_candidates_of_a_block_go_from_small_to_the_full_size() -> None:
    space = micro_unet()
    found = candidates_of_blocks(space, BLOCKS, "diffnas")
    assert list(found) == list(BLOCKS)
    assert space.costs is not None
    for block, candidates in found.items():
        assert len({tuple(each.values()) for each in candidates}) == 2 * 4
        assert {name.partition(".")[0] for each in candidates for name in each} == {block}
        macs = space.costs(space.encode_many(with_options(space, each) for each in candidates))["macs"]
        assert macs.tolist() == sorted(macs)
        assert with_options(space, candidates[-1]) == space.largest


def test_choices_that_change_several_blocks_are_no_blocks_own() -> None:
    found = candidates_of_blocks(micro_widths(), ["stages.0", "stages.1", "stages.2"], "diffnas")
    assert {block: sorted(candidates[0]) for block, candidates in found.items()} == {
        "stages.0": ["stage1.depth"],
        "stages.1": ["stage2.depth"],
        "stages.2": ["stage3.depth", "stage3.width"],
    }


def many_kernels() -> SearchSpace:
    kernels = Choice("kernel", tuple(range(1, 131, 2)))
    build = lambda a: OwnCnn(1, 2, int(a["kernel"]), "max")  # noqa: E731
    return SearchSpace([kernels], name="many", build=build, inputs=own_space().inputs)


@pytest.mark.parametrize(
    ("space", "blocks", "said"),
    [
        (
            micro_cell(),
            ["cell1", "cell2"],
            "every choice of space 'micro_cell' changes none or several; train by 'dna'",
        ),
        (many_kernels(), ["blocks.0"], "at most 64, and 'blocks.0' of space 'many' has 65; train by 'dna'"),
    ],
)
def test_blocks_that_cannot_be_compared_are_refused(space: SearchSpace, blocks: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        candidates_of_blocks(space, blocks, "diffnas")


@pytest.mark.parametrize(
    ("tolerance", "number"),
    [(0.0, 3), (0.25, 2), (0.5, 1), (9.0, 0)],  # at 0 the full-size one itself
)
def test_the_smallest_candidate_within_the_tolerance_is_chosen(tolerance: float, number: int) -> None:
    assert smallest_within([4.0, 1.5, 1.25, 1.0], tolerance) == number


def test_blocks_are_chosen_each_by_itself_by_their_mean_loss_over_batches_and_go_on_where_they_stood() -> None:
    space = micro_widths()
    small, full = {"stage1.depth": 1}, {"stage1.depth": 3}
    candidates = {"stages.0": [small, full], "stages.1": [{"stage2.depth": d} for d in (1, 2, 3)]}
    compared = Compared(space, candidates)
    assert [job.architecture["stage2.depth"] for job in compared.jobs] == [1, 2, 3]
    x = torch.linspace(-1, 1, 8)

    def gave(*off: float) -> Output:
        return Output(x, {f"stages.{i}": Feature(x, x + o * x.std()) for i, o in enumerate(off)})

    teacher = (Job(space.largest, "teacher"), gave(0, 0))
    for near in (0.1, 0.3):  # of two batches, whose mean is (0.01 + 0.09) / 2
        outputs = (gave(near, 1.0), gave(0, 0.2), gave(9.0, 0))  # the last one's first block is compared no more
        compared.add([teacher, *zip(compared.jobs, outputs, strict=True)])
    again = Compared(space, candidates)
    again.restore(compared.state())
    for tolerance, depths in ((0.0, (3, 3)), (0.045, (3, 2)), (0.055, (1, 2)), (2.0, (1, 1))):
        chosen = again.chosen(tolerance)
        assert (chosen["stage1.depth"], chosen["stage2.depth"]) == depths
