from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import hwnas
from hwnas.contracts.errors import InputError
from hwnas.pipeline.study import Study
from hwnas.pipeline.train import named_method, train
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn, own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._recipe import Recipe
from tests.plugged import Simulated
from tests.small_spaces import small

SPACE = own_space()
RECIPE = Recipe(passes=6, batch_size=24)


def trained(folder: Path, method: str, **more: object) -> Supernet:
    return train(SPACE, TinyTask(SPACE.inputs[0]), folder=folder, method=method, recipe=RECIPE, **more)  # type: ignore[arg-type]


def test_a_method_brings_its_sharing_scheme_unless_another_one_is_named(tmp_path: Path) -> None:
    assert trained(tmp_path / "own", "once_for_all").sharing.name == "kernel_transform"
    assert Supernet.load(tmp_path / "own", SPACE).sharing.name == "kernel_transform"
    other = trained(tmp_path / "other", "once_for_all", sharing="prefix")
    assert other.sharing.name == "prefix"
    assert other.record["sharing"] == {"name": "prefix"}
    assert trained(tmp_path / "uniform", "uniform").sharing.name == "prefix"


def test_the_record_says_the_method_its_settings_and_the_passes(tmp_path: Path) -> None:
    record = trained(tmp_path, "sandwich", settings={"randoms": 1}).record
    assert record["method"] == {"name": "sandwich", "randoms": 1}
    assert (record["steps"], record["passes"]) == (2, 6)


def test_settings_are_read_as_what_the_method_takes() -> None:
    assert named_method("sandwich", SPACE, {"randoms": "3"}).settings == {"randoms": 3}
    mixed = named_method("mixture_of_supernets", SPACE, {"distil": "true", "modules": ["head"]})
    assert mixed.settings["distil"] is True
    assert mixed.settings["modules"] == ["head"]
    assert named_method("few_shot", SPACE, {"choice": None, "split_after": "0.25"}).settings["split_after"] == 0.25


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("uniform", {"randoms": 2}, r"'uniform' does not take randoms = 2 \(.*\); its settings are: none"),
        ("sandwich", {"random": 2}, r"does not take random = 2 \(.*\); its settings are: randoms"),
        ("sandwich", {"randoms": "one"}, r"does not take randoms = 'one' \(.*integer.*\)"),
        ("mixture_of_supernets", {"mode": "neurons"}, r"mode = 'neurons' \(.*'layer' or 'neuron'\)"),
        ("few_shot", {"choice": "nowhere"}, "got 'nowhere'; there are: "),
    ],
)
def test_settings_that_a_method_does_not_take_are_refused(name: str, settings: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        named_method(name, SPACE, settings)
    assert "\n" not in str(caught.value)


def test_a_method_that_freezes_weights_is_refused_where_nobody_has_trained_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'lonas' leaves \d+ tensors as they are.*as init"):
        trained(tmp_path / "drawn", "lonas")
    assert not (tmp_path / "drawn").exists()
    supernet = trained(tmp_path / "whole", "uniform")
    weights = supernet.extract(SPACE.largest).state_dict()
    assert trained(tmp_path / "begun", "lonas", init=weights).record["init"]


@pytest.mark.parametrize("name", ["dna", "diffnas", "autodistil", "instatune"])
def test_a_method_that_learns_from_what_the_supernet_begins_as_is_refused_where_that_was_drawn(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InputError, match=f"'{name}' learns from the weights that a supernet begins with.*as init"):
        trained(tmp_path / "drawn", name)
    assert not (tmp_path / "drawn").exists()


def test_a_supernet_is_trained_further_in_place_and_goes_on_only_as_what_it_began(tmp_path: Path) -> None:
    task, seen = TinyTask(SPACE.inputs[0]), []

    def training(seed: int) -> Supernet:
        supernet = own_cnn(seed)
        assert train(supernet, task, folder=tmp_path, recipe=RECIPE, on_step=seen.append, on="cpu") is supernet
        return supernet

    done = training(5)
    assert [step.step for step in seen] == [1]
    assert done.record["began_as"] == own_cnn(5).digest()
    assert training(5).digest() == done.digest()
    assert len(seen) == 1
    with pytest.raises(InputError, match="holds a training with began_as = "):
        training(6)
    with pytest.raises(InputError, match="leave init and sharing out"):
        train(own_cnn(), task, folder=tmp_path / "other", recipe=RECIPE, sharing="prefix")


def test_the_supernet_of_a_folder_is_trained_into_another_one(tmp_path: Path) -> None:
    space = small("micro_cell")
    task, first = TinyTask(space.inputs[0], classes=10), tmp_path / "first"
    before = train(space, task, folder=first, recipe=RECIPE)
    after = train(str(first), task, folder=tmp_path / "second", recipe=RECIPE)
    assert after.record["began_as"] == before.digest() != after.digest()
    with pytest.raises(InputError, match="train it into another folder"):
        train(str(first), task, folder=first, recipe=RECIPE)


def test_a_supernet_in_a_file_of_ones_own_is_trained_from_the_weights_that_it_has_there(tmp_path: Path) -> None:
    first, own = tmp_path / "first", tmp_path / "own.py"
    own_cnn(3).save(first)
    own.write_text(
        "from pathlib import Path\nfrom hwnas.supernet import Supernet\n"
        "from hwnas.testing._own_cnn import own_cnn, own_space\n"
        f"new, trained = own_cnn(), Supernet.load(Path({str(first)!r}), own_space())\n"
    )
    task = TinyTask(own_space().inputs[0])
    recipe = replace(RECIPE, seed=4)
    anew, further = (train(f"{own}:{n}", task, folder=tmp_path / n, recipe=recipe) for n in ("new", "trained"))
    assert "began_as" not in anew.record
    assert further.record["began_as"] == own_cnn(3).digest()


def test_a_setting_that_is_no_number_is_refused() -> None:
    for method, setting in (("gm_nas", "comparing"), ("disturbance_immune", "eps")):
        with pytest.raises(InputError, match=f"'{method}' should have a number as {setting}, got nan"):
            named_method(method, SPACE, {setting: "nan"})


def test_a_search_keeps_to_the_sub_networks_that_a_training_left_and_says_so(tmp_path: Path) -> None:
    left = own_cnn().narrowed({name: [option] for name, option in SPACE.middle.items()})
    study = Study(tmp_path, left, TinyTask(SPACE.inputs[0]), Simulated(), preset="rapid")
    front = study.search(16)
    assert [member.architecture for member in front.members] == [dict(SPACE.middle)]
    (said,) = front.notes
    assert said.startswith(f"The training left 1 of {SPACE.count():,} sub-networks: ")
    assert said.rstrip(".") in study.report(front).read_text()


def test_a_method_that_shares_otherwise_begins_as_the_largest_sub_network(tmp_path: Path) -> None:
    given, task = own_cnn(seed=3), TinyTask(SPACE.inputs[0])
    adapted = train(given, task, folder=tmp_path / "new", method="lonas", recipe=RECIPE)  # leaves weights as they are
    assert (adapted.sharing.name, adapted.record["began_as"]) == ("low_rank", given.digest())
    kernels = [name for name, tensor in given.parameters.items() if tensor.ndim > 1]
    assert all(torch.equal(adapted.shared[name], given.shared[name]) for name in kernels)
    with pytest.raises(InputError, match="by scheme 'members', the supernet by 'low_rank', of which only its largest"):
        train(adapted, task, folder=tmp_path / "third", method="few_shot", recipe=RECIPE)


def test_entries_that_are_no_longer_the_best_are_said(tmp_path: Path) -> None:
    layers = (nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 3))
    elastic = hwnas.elastic(nn.Sequential(*layers).eval(), torch.zeros(2, 1, 8, 8))
    task, best = TinyTask(elastic.space.inputs[0]), "'ranked': smaller .* the first entries of its tensors, no longer"
    with pytest.warns(UserWarning, match=best):
        trained = train(elastic, task, folder=tmp_path, method="autodistil", recipe=Recipe(passes=8, batch_size=24))
    assert trained.sharing.name == "members"
