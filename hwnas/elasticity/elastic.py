"""`hwnas.elastic`: a supernet of any trained network, whose largest sub-network is that network.

1. Read its structure off its exported graph: which axes of its tensors are one.
2. Prove every group of entries: they can change places, and be left out, and nothing else changes.
3. Offer widths of each as choices, rank the entries by importance, and share the network's own tensors so.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

import torch
from torch import Tensor, nn

from hwnas.contracts.axes import AxisTree, each_of, is_several, named
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.numbers import whole
from hwnas.contracts.stages import stage_of
from hwnas.contracts.words import one_of
from hwnas.elasticity._groups import pruned
from hwnas.elasticity._importance import Importance, Loss, orders
from hwnas.elasticity._inputs import Given, as_tuple
from hwnas.elasticity._offer import Offer, offer_of
from hwnas.elasticity._patterns import refuse_naming_nothing
from hwnas.elasticity._proving import answers, is_within
from hwnas.elasticity._tied import Options, said_of, tied
from hwnas.elasticity._uncached import uncached
from hwnas.elasticity._widths import widths
from hwnas.sharing._building import run
from hwnas.sharing._layout import Layout
from hwnas.sharing.ranked import RankedSharing
from hwnas.spaces._elastic import Shape, elastic_space, given_network
from hwnas.supernet import Supernet

_INSIDE = {"OptimizedModule": "_orig_mod", "DataParallel": "module", "DistributedDataParallel": "module"}  # of PyTorch


def elastic(
    model: nn.Module | str,
    example_inputs: Given,
    *,
    importance: Importance = "l2",
    batches: Iterable[tuple[Tensor, ...]] | None = None,
    loss: Loss | None = None,
    keep: Sequence[str] = (),
    only: Sequence[str] = ("*",),
    hidden: bool = False,
    multiple_of: int | None = None,
    uniform: bool = False,
    resolution: Sequence[int] = (),
    length: Sequence[int] = (),
) -> Supernet:
    """A supernet of a trained network: its largest sub-network is the network itself, bit for bit.

    Args:
        model: in evaluation mode, or ``FILE.py:NAME`` of one.
        example_inputs: one tensor, several, or by name; a batch in front of each, ``(n, ...)``, float32 or int64.
        importance: which entries smaller sub-networks keep: of the largest weights (``l2``), those whose removal would
            change the loss most (``taylor``), or those that carry most on data (``activation``).
        batches: for the last two: a few of ``(inputs, ..., labels)``.
        loss: of outputs and labels, one number; None: cross-entropy.
        keep: patterns of names of modules that stay as they are, with all that is within them.
        only: patterns of names of modules that may shrink, likewise.
        hidden: offer also what figures over all its entries are taken of, such as the residual stream of a transformer,
            whose normalisation changes with its width.
        multiple_of: widths are multiples of it; None: of 8 where a width has 32 entries or more.
        uniform: one choice for all widths, or heads, whose names differ in the numbers of layers alone; of a model of
            Hugging Face, only what its configuration can say, so that `hwnas.save_pretrained` takes what is found.
        resolution, length: smaller sizes of images, or of sequences, as a choice, see `hwnas.with_input_sizes`.

    Raises:
        InputError: the network cannot be exported, is in training mode, gives other outputs each time, has nothing that
            can shrink, or does not run on the example inputs.
    """
    network = given_network(model)
    one_of("the importance of entries", importance, get_args(Importance))
    multiple = None if multiple_of is None else whole("the multiple of widths", multiple_of, least=1)
    with uncached(network), torch.random.fork_rng(devices=[]):
        inputs, named_answer = _checked(network, example_inputs)
        refuse_naming_nothing(network, keep, "keep")
        refuse_naming_nothing(network, only, "only")
        offer = offer_of(network, inputs, keep=keep, only=only, hidden=hidden)
        every = {name: widths(offer.groups[name], multiple) for name in offer.offered}
        few = "it has too few entries" if multiple is None else f"no smaller width is a multiple of {multiple}"
        for name in [name for name, options in every.items() if len(options) == 1]:
            offer.groups[name].fixed = few
        choices: Options = {name: options for name, options in every.items() if len(options) > 1}
        ties: dict[str, str] = {}
        if uniform:
            choices, ties = _tied(network, tuple(inputs.values()), offer, choices)
        if not choices and not offer.blocks:
            raise InputError(f"Nothing of the network {type(network).__name__} can shrink: {_reasons(offer)}.")
        ranked = [name for name in choices if offer.groups[name].kind != "kernel"]
        ranks = orders(network, offer.trees, offer.sizes, ranked, importance, batches, loss)
    structure = _structure(offer, choices, ties) | {"named_answer": named_answer}
    space = elastic_space(network, model=model if isinstance(model, str) else "", structure=structure)
    scheme = RankedSharing(space)
    scheme.rank(ranks)
    tensors = dict([*network.named_parameters(), *network.named_buffers()])
    fixed = [name for name, t in tensors.items() if not (isinstance(t, nn.Parameter) and t.requires_grad)]
    scheme.give({name: tensors[name].detach() for name in fixed})
    supernet = Supernet(space, scheme, {n: t.detach() for n, t in tensors.items()}, fixed, Layout(space.inputs))
    sizes = resolution or length
    return supernet.with_input_sizes(resolution=resolution, length=length) if sizes else supernet


def _refuse_wrapped(network: nn.Module) -> None:
    """Whoever runs a network in another way holds its sizes, or several networks."""
    for module in network.modules():
        inner = _INSIDE.get(type(module).__name__)
        if inner:
            raise InputError(f"{type(module).__name__} runs a network and is none; pass the one in its `{inner}`.")
        if isinstance(module, torch.jit.ScriptModule):
            raise InputError("What torch.jit compiled keeps its sizes; pass the network that it was compiled from.")
        if isinstance(module, torch.fx.GraphModule) and "eval" in vars(module):  # which raises
            raise InputError("What torch.export gave keeps its sizes; pass the network that it was made from.")
        if ".nn.quantized." in type(module).__module__:
            raise InputError(
                f"{type(module).__name__} of {type(module).__module__} holds integers, of which no part can be taken; "
                "pass the network as it was before, and choose bits with it (with_bits, --bits)."
            )


def _checked(network: nn.Module, given: Given) -> tuple[dict[str, Tensor], bool]:
    """The inputs, and whether the network gives its answer under a name, or among others."""
    _refuse_wrapped(network)
    if training := [name or "it" for name, module in network.named_modules() if module.training]:
        raise InputError(f"The network should be in evaluation mode, {training[0]} is in training; call its eval().")
    if not any(True for _ in network.parameters()):
        raise InputError(
            f"The network {type(network).__name__} has no parameters, so nothing can shrink; pass another."
        )
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise InputError(
            f"All parameters of the network {type(network).__name__} are frozen, so no smaller one can be fine-tuned; "
            "call its requires_grad_(True), and freeze what is to stay as it is."
        )
    inputs = as_tuple(network, given)
    with torch.no_grad():
        output, again = (run(network, tuple(inputs.values())) for _ in range(2))
    first, second = answers(output), answers(again)
    if not first:
        raise InputError(
            f"The network gives {quoted(type(output).__name__)}, in which PyTorch sees no tensor; let it give "
            "a tensor, or several in a tuple or a dict."
        )
    if not all(x.isfinite().all() for x in first):
        raise InputError(
            "The network's outputs for the example inputs are not finite; give others, or mend its weights."
        )
    if len(first) != len(second) or not all(torch.equal(a, b) for a, b in zip(first, second, strict=True)):
        raise InputError(
            "The network gives other outputs each time, so nothing of it can be proved; make it repeatable."
        )
    return inputs, not isinstance(output, Tensor)


def _tied(
    network: nn.Module, inputs: tuple[Tensor, ...], offer: Offer, options: Options
) -> tuple[Options, dict[str, str]]:
    """The options of all groups and the choice of each; what no configuration says is no more offered."""
    choices = tied(options)
    said = said_of(network, inputs, Shape(offer.trees, offer.attributes, offer.sizes), options, choices, offer.blocks)
    why = f"no configuration of {type(network).__name__} says another size of it; without uniform it is offered"
    for name in [name for name in offer.blocks if len(said[name]) == 1]:
        del offer.blocks[name]
        offer.whole[name] = why
    for group, choice in choices.items():
        offer.groups[group].fixed = why if len(said[choice]) == 1 else None
    left = {group: said[choice] for group, choice in choices.items() if len(said[choice]) > 1}
    return left, {group: choices[group] for group in left if group != choices[group]}


def _structure(offer: Offer, choices: Options, ties: Mapping[str, str]) -> dict[str, object]:
    """All of a space that its network does not say, as JSON."""
    axes: dict[str, list[AxisTree | None]] = {}
    for name, trees in offer.trees.items():
        followed = [_followed(tree, offer, choices) for tree in trees]
        if any(tree is not None for tree in followed):
            axes[name] = followed
    attributes = []
    for path, attribute, sizes in offer.attributes:
        each = [pruned(tree, choices, offer.sizes) for tree in each_of(sizes)]
        if any(True for tree in each for _ in named(tree)):
            attributes.append([path, attribute, each if is_several(sizes) else each[0]])
    work: Counter[tuple[str, tuple[AxisTree, ...]]] = Counter()
    for module, figure, over, count in offer.works:
        each = [pruned(tree, choices, offer.sizes) for tree in over]
        fixed = math.prod(tree for tree in each if isinstance(tree, int))
        inside = [name for name, (block, _) in offer.blocks.items() if is_within(module, [block])]
        trees = (*inside, *(tree for tree in each if not isinstance(tree, int)))
        work[f"{stage_of(module)}.{figure}".lstrip("."), trees] += fixed * count
    return {
        "work": [[figure, list(trees), count] for (figure, trees), count in work.items()],
        "left": {
            **{n: [g.size, g.fixed] for n, g in offer.groups.items() if n not in choices},
            **{name: [1, why] for name, why in offer.whole.items()},
        },
        "blocks": {name: list(removal) for name, removal in offer.blocks.items()},
        "axes": axes,
        "attributes": attributes,
        "choices": {
            **{name: [False, True] for name in offer.blocks},
            **{ties.get(n, n): list(o) for n, o in choices.items()},
        },
        "tied": dict(ties),
        "inputs": [[spec.name, list(spec.shape), spec.dtype, spec.high] for spec in offer.inputs],
    }


def _followed(tree: AxisTree, offer: Offer, choices: Mapping[str, Sequence[int]]) -> AxisTree | None:
    remaining = pruned(tree, choices, offer.sizes)
    return remaining if any(True for _ in named(remaining)) else None


def _reasons(offer: Offer) -> str:
    """The most frequent reasons why groups are fixed."""
    counted = Counter(group.fixed for group in offer.groups.values())
    return "; ".join(f"{n} x {why}" for why, n in counted.most_common(3)) or "no axes of its parameters were found"
