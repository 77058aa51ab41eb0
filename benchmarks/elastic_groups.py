"""Claim: the groups of channels that hwnas finds are those that two libraries for pruning find, where these answer.

One entry of every group that `hwnas.elastic` offers (channels, heads, groups of convolutions; ``hidden=True``) is left
out, and what goes along with it, in all axes of all parameters, is compared with what Torch-Pruning 1.6.1 and
torch-kirigami 0.2.1 leave out when asked for the same entries of one of these axes. Of each network: how many groups
are alike, which are not, and how many the library has no answer to. Where Torch-Pruning leaves out something else: how
far the outputs of what it made are from those of the network with zeros in all these places, relative to their spread
(null: it does not run); a group that is right moves nothing. Kernels and blocks are not compared: neither has them.

Networks: small ones with residuals, squeeze-and-excitation, concatenations, channel shuffles, grouped and transposed
convolutions and embeddings; a CNN of one's own; EfficientNet-Lite0; and BERT, DistilBERT, ViT, ResNet, ConvNeXt,
MobileNetV2 and RegNet of Hugging Face from tiny configurations. Packages are installed into FOLDER.

Run:  python benchmarks/elastic_groups.py FOLDER [--networks own_cnn,bert,...]
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
from _group_oracles import PACKAGES, Place, Removed, answered, kirigami, off_by, torch_pruning
from _own_cnn import own_cnn
from _peer_subjects import LITE
from _real_networks import efficientnet_lite, installed
from _saving import save
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

sys.path.insert(0, str(Path(__file__).parents[1]))

from hwnas.contracts.axes import named, places_of
from hwnas.elasticity._inputs import as_tuple
from hwnas.elasticity._offer import Offer, offer_of
from hwnas.elasticity._uncached import uncached
from tests.elasticity import networks, traps
from tests.elasticity.structures import STRUCTURES

Made = tuple[nn.Module, tuple[Tensor, ...]]


def small(make: Callable[[], nn.Module], size: int) -> Made:
    """A network for grey images of that size."""
    return make(), (torch.randn(2, 1, size, size),)


def lite0(folder: Path) -> Made:
    """EfficientNet-Lite0 at 64 pixels."""
    network, _ = efficientnet_lite(installed(folder, LITE), 0)
    return network, (torch.randn(2, 3, 64, 64),)


def subjects(folder: Path) -> dict[str, Callable[[], Made]]:
    """All networks."""
    tests = (networks.Cnn, networks.Depthwise, networks.Dense, networks.Blocks)
    odd = (traps.DenseNet, traps.Shuffled, traps.Flattened, traps.Upscaled, traps.Grouped)
    made: dict[str, Callable[[], Made]] = {make.__name__.lower(): partial(small, make, 8) for make in (*tests, *odd)}
    made |= {"own_cnn": lambda: small(own_cnn, 28), "efficientnet_lite0": lambda: lite0(folder)}
    names = ("bert", "distilbert", "vit", "resnet", "convnext", "mobilenetv2", "regnet")
    return made | {name: STRUCTURES[name] for name in names}


def ours(offer: Offer, group: str, entry: int) -> Removed:
    """What leaves with an entry of a group."""
    left = {group: [i for i in range(offer.sizes[group]) if i != entry]}
    gone: dict[Place, frozenset[int]] = {}
    for tensor, trees in offer.trees.items():
        for axis, tree in enumerate(trees):
            if group in named(tree):
                all_places, places = (places_of(tree, offer.sizes, chosen) for chosen in ({}, left))
                gone[tensor, axis] = frozenset(all_places) - frozenset(places)
    return gone


def anchors(network: nn.Module, gone: Removed) -> Iterator[Place]:
    """Places to ask a library about: what layers make."""
    for name, axis in gone:
        module = network.get_submodule(name.rpartition(".")[0])
        makes = name.endswith("weight") and axis == int(isinstance(module, _ConvTransposeNd))
        if makes and isinstance(module, nn.Linear | _ConvNd):
            yield name, axis


def row(make: Callable[[], Made]) -> dict[str, object]:
    """Of one network."""
    torch.manual_seed(0)
    network, inputs = make()
    network.eval()
    with uncached(network):
        offer = offer_of(network, as_tuple(network, inputs), keep=(), only=("*",), hidden=True)
    trained = dict(network.named_parameters())
    offered = [name for name in offer.offered if offer.groups[name].kind != "kernel"]
    found: dict[str, object] = {"groups": len(offered)}
    for library in (torch_pruning, kirigami):
        oracle = library(network, inputs)
        differ: dict[str, object] = {}
        alike = silent = 0
        for name in offered:
            entry = offer.sizes[name] - 1
            gone = {place: entries for place, entries in ours(offer, name, entry).items() if place[0] in trained}
            place = next(anchors(network, gone), None)
            theirs = answered(oracle, place, sorted(gone[place])) if place else None
            if theirs is None:
                silent += 1
            elif dict(theirs.removed) == gone:
                alike += 1
            else:
                off = off_by(network, inputs, theirs) if theirs.network else None
                differ[name] = {**said(gone, theirs.removed), "theirs_off_by": off}
        found[library.__name__] = {"alike": alike, "differ": differ, "no_answer": silent}
    return found


def said(gone: Removed, theirs: Removed) -> dict[str, list[str]]:
    """Where two differ: the axes that one of both has, or has other entries of."""

    def lines(own: Removed, other: Removed) -> list[str]:
        return sorted(f"{name}[{axis}]" for (name, axis), at in own.items() if other.get((name, axis)) != at)

    return {"ours": lines(gone, theirs), "theirs": lines(theirs, gone)}


def main() -> None:
    """Compare all, write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    installed(options.folder, PACKAGES)
    made = subjects(options.folder)
    chosen = options.networks.split(",") if options.networks else list(made)
    save("elastic_groups", __doc__ or "", {"networks": {name: row(made[name]) for name in chosen}})


if __name__ == "__main__":
    main()
