"""What a network does with the axes of its tensors: one run without values, operation by operation.

Every tensor carries its axes. An operation says which axes of its inputs are one, which of them it divides, and which
its output has. Of an operation that is not known, the axes it touches are doubted, and the doubt names it.
"""
# ruff: noqa: ANN401, ARG001, ARG005  every rule gets what PyTorch's dispatcher gives, whether it needs it or not

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils._mode_utils import no_dispatch
from torch.utils._pytree import tree_map

from hwnas.contracts.stages import convolution_kind
from hwnas.sharing._axes import Axis, core, factor, factors, fresh, grid, regroup, row, split, unify

Out = Any
Work = tuple[str, str, list[Axis], int]
"""What an operation does: its module, a figure, the axes whose sizes it is proportional to, and how much there is for
each entry of their product."""
work: ContextVar[list[Work] | None] = ContextVar("work", default=None)
"""That of all operations, where it is wanted."""
within: ContextVar[str] = ContextVar("within", default="")
"""The module of what is being followed."""
of_examples: ContextVar[Axis | None] = ContextVar("of_examples", default=None)
"""The axis that examples lie along, where it is known: even operations that are not leave it where it was."""


class Traced(torch.Tensor):
    """A tensor without values that knows its axes; it says it is on the processor, where what has values is."""

    axes: list[Axis]
    shell: Tensor

    @staticmethod
    def __new__(cls: type["Traced"], shell: Tensor, axes: Sequence[Axis]) -> "Traced":
        made: Traced = torch.Tensor._make_wrapper_subclass(
            cls, shell.size(), strides=shell.stride(), storage_offset=shell.storage_offset(), dtype=shell.dtype,
            device=torch.device("cpu"), requires_grad=False,
        )  # fmt: skip
        made.shell, made.axes = shell, list(axes)
        return made

    def __init__(self, shell: Tensor, axes: Sequence[Axis]) -> None:
        """Made by `__new__`."""

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Out:
        kwargs = kwargs or {}
        out = func(*tree_map(_shell, args), **tree_map(_shell, kwargs))
        name = func._schema.name.partition("::")[2]
        if torch.Tag.inplace_view in func.tags:  # the first argument itself has other sizes afterwards
            args[0].axes = _told(func, name.removesuffix("_"), out, args, kwargs).axes
            _resize(func, args, kwargs)
            return args[0]
        if name.endswith("_") and args and isinstance(args[0], Traced):  # in place
            _pointwise(args[0].shell, args, kwargs)
            return args[0]
        return _told(func, name, out, args, kwargs)


def _told(func: Any, name: str, out: Out, args: Any, kwargs: Any) -> Out:
    """What an operation gives, with its axes."""
    if name in _RULES:
        return _wrapped(out, _RULES[name](out, args, kwargs))
    if torch.Tag.pointwise in func.tags or name in _POINTWISE:
        return _wrapped(out, _pointwise(out, args, kwargs))
    if name not in _NEW:
        for x in _traced([args, kwargs]):
            for axis in x.axes:
                axis.doubt(_REFUSED.get(name, f"operation {name} is not known"))
    given = [placed for x in _traced([args, kwargs]) for placed in enumerate(x.axes)]
    return tree_map(lambda x: Traced(x, _unknown(x.shape, given)) if isinstance(x, Tensor) else x, out)


def _unknown(sizes: Sequence[int], given: Sequence[tuple[int, Axis]]) -> list[Axis]:
    """Axes of which nothing is known but where the examples are: at the place that they had in what is `given`."""
    axes, examples = fresh(sizes), of_examples.get()
    for place, axis in given:
        if examples and place < len(axes) and any(core(part) is core(examples) for part in factors(axis)):
            axes[place] = next((a for a in (axis, examples) if a.size == sizes[place]), axes[place])
            break
    return axes


def _resize(func: Any, args: Any, kwargs: Any) -> None:
    """Give the first argument, which holds no values, the sizes that `func` gave its shell."""
    before = torch._C._meta_in_tls_dispatch_include()
    with no_dispatch():
        torch._C._set_meta_in_tls_dispatch_include(True)  # noqa: FBT003
        try:
            func(*args, **kwargs)
        finally:
            torch._C._set_meta_in_tls_dispatch_include(before)


def _shell(x: object) -> object:
    if isinstance(x, Traced):
        return x.shell
    return x.to("meta") if isinstance(x, Tensor) else torch.device("meta") if isinstance(x, torch.device) else x


def _traced(nested: object) -> list[Traced]:
    tensors: list[Traced] = []
    tree_map(lambda x: tensors.append(x) if isinstance(x, Traced) else None, nested)
    return tensors


def _wrapped(out: Out, axes: Any) -> Out:
    """Outputs with their axes; new ones where there are none."""
    if isinstance(out, Tensor):
        fits = axes is not None and [a.size for a in axes] == list(out.shape)
        return Traced(out, axes if fits else fresh(out.shape))
    if isinstance(out, (tuple, list)):
        each = axes if isinstance(axes, tuple) else ()
        return type(out)(_wrapped(o, each[i] if i < len(each) else None) for i, o in enumerate(out))
    return out


def _axes(x: object) -> list[Axis]:
    return x.axes if isinstance(x, Traced) else fresh(x.shape) if isinstance(x, Tensor) else []


def _multiplied(axes: Sequence[Axis], kind: str = "matmul") -> None:
    if (all_work := work.get()) is not None:
        all_work.append((within.get(), f"{kind}_macs", list(axes), 1))


def _dim(dim: int, ndim: int) -> int:
    return dim % ndim if ndim else 0


def _pointwise(out: Out, args: Any, kwargs: Any) -> Any:
    first = out[0] if isinstance(out, (tuple, list)) else out
    axes = fresh(first.shape)
    for x in _traced([args, kwargs]):
        for i in range(1, min(x.ndim, first.ndim) + 1):
            if x.shape[-i] == first.shape[-i] > 1:
                axes[-i] = unify(axes[-i], x.axes[-i])
    return axes if isinstance(out, Tensor) else (axes, axes)


def _reduced(out: Out, args: Any, kwargs: Any, place: int = 1) -> Any:
    x = args[0]
    dims = args[place] if len(args) > place else kwargs.get("dim")
    given = [dims] if isinstance(dims, int) else dims or range(x.ndim)
    gone = {_dim(d, x.ndim) for d in given}
    first = out[0] if isinstance(out, (tuple, list)) else out
    if first.ndim == x.ndim:
        axes = [Axis(1) if i in gone else a for i, a in enumerate(_axes(x))]
    else:
        axes = [a for i, a in enumerate(_axes(x)) if i not in gone]
    return axes if isinstance(out, Tensor) else (axes, axes)


def _averaged(out: Out, args: Any, kwargs: Any) -> Any:
    """A reduction whose value depends on how many entries there are."""
    x, dims = args[0], args[1] if len(args) > 1 else kwargs.get("dim")
    for d in [dims] if isinstance(dims, int) else dims or range(x.ndim):
        _axes(x)[_dim(d, x.ndim)].reckon("its mean is taken")
    return _reduced(out, args, kwargs)


def _product(a: list[Axis], b: list[Axis]) -> list[Axis]:
    """Of matrices with equal leading axes."""
    unify(a[-1], b[-2] if len(b) > 1 else b[-1])
    batch = [unify(x, y) for x, y in zip(a[:-2], b[:-2], strict=False)]
    _multiplied([*batch, *a[-2:], *(b[-1:] if len(b) > 1 else [])])
    return [*batch, *(a[-2:-1]), *(b[-1:] if len(b) > 1 else [])]


def _added(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = _product(_axes(args[1]), _axes(args[2]))
    bias = _axes(args[0])
    for i in range(1, min(len(bias), len(axes)) + 1):
        axes[-i] = unify(axes[-i], bias[-i])
    return axes


def _convolution(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    x, weight, bias, *_, transposed, _, groups = args[:9]
    axes, w = _axes(x), _axes(weight)
    for axis in w[2:]:
        axis.root().centred = True
    channels = axes[1]
    into, outof = (w[0], w[1]) if transposed else (w[1], w[0])
    if groups > 1:
        each = channels.size // groups
        mine = [channels, Axis(1)] if each == 1 else factor(channels, [groups, each])
        if transposed:
            unify(w[0], channels)
            outof = grid([mine[0], w[1]])
        else:
            each = w[0].size // groups
            theirs = [w[0], Axis(1)] if each == 1 else factor(w[0], [groups, each])
            unify(mine[0], theirs[0])
            unify(mine[1], w[1])
    else:
        unify(channels, into)
    if isinstance(bias, Tensor):
        unify(_axes(bias)[0], outof)
    places = fresh(out.shape[2:])
    _multiplied([axes[0], *w, *(axes[2:] if transposed else places)], convolution_kind(weight.shape, groups))
    return [axes[0], outof, *places]


def _kept_but_last(count: int) -> Callable[..., Any]:
    def rule(out: Out, args: Any, kwargs: Any) -> Any:
        first = out[0] if isinstance(out, (tuple, list)) else out
        axes = [*_axes(args[0])[: first.ndim - count], *fresh(first.shape[first.ndim - count :])]
        return axes if isinstance(out, Tensor) else (axes, axes)

    return rule


def _normed(channel: int | None) -> Callable[..., Any]:
    """Normalisation whose weights belong to an axis, or to the last ones."""

    def rule(out: Out, args: Any, kwargs: Any) -> Any:
        axes = list(_axes(args[0]))
        for x in _traced([args[1:], kwargs]):
            if channel is None:
                for i in range(1, x.ndim + 1):
                    axes[-i] = unify(axes[-i], x.axes[-i])
                    axes[-i].reckon("it is normalised over")
            elif x.ndim == 1:
                axes[channel] = unify(axes[channel], x.axes[0])
        return (axes,)

    return rule


def _group_normed(out: Out, args: Any, kwargs: Any) -> Any:
    """Channels are normalised group by group."""
    ((_, channels, *_),) = normed = _normed(1)(out, args, kwargs)
    groups = args[6]
    if 1 < groups < channels.size:
        factor(channels, [groups, channels.size // groups])[1].reckon("it is normalised over")
    elif groups == 1:
        channels.reckon("it is normalised over")
    return normed


def _sliced(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    x, dim, start, _, step = (*args, *(None,) * 5)[:5]
    dim = _dim(dim or 0, x.ndim)
    size, axes = x.shape[dim], list(_axes(x))
    start = min(max((start or 0) + (size if (start or 0) < 0 else 0), 0), size)
    length = out.shape[dim]
    if (step or 1) == 1:
        axes[dim] = split(axes[dim], [start, length, size - start - length])[1]
    else:
        axes[dim] = factor(axes[dim], [length, step])[0] if length * step == size else Axis(length)
    return axes


def _split(out: Out, args: Any, kwargs: Any) -> tuple[list[Axis], ...]:
    x = args[0]
    dim = _dim(args[2] if len(args) > 2 else kwargs.get("dim", 0), x.ndim)
    axes = _axes(x)
    parts = split(axes[dim], [o.shape[dim] for o in out])
    return tuple([*axes[:dim], part, *axes[dim + 1 :]] for part in parts)


def _cat(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    tensors = [t for t in args[0] if t.ndim == out.ndim]
    dim = _dim(args[1] if len(args) > 1 else kwargs.get("dim", 0), out.ndim)
    each = [_axes(t) for t in tensors]
    axes = list(each[0])
    for other in each[1:]:
        axes = [a if i == dim else unify(a, b) for i, (a, b) in enumerate(zip(axes, other, strict=True))]
    axes[dim] = row([a[dim] for a in each])
    return axes


def _stack(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    dim = _dim(args[1] if len(args) > 1 else kwargs.get("dim", 0), out.ndim)
    axes = list(_axes(args[0][0]))
    for other in args[0][1:]:
        axes = [unify(a, b) for a, b in zip(axes, _axes(other), strict=True)]
    return [*axes[:dim], Axis(len(args[0])), *axes[dim:]]


def _glu(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = list(_axes(args[0]))
    dim = _dim(args[1] if len(args) > 1 else -1, len(axes))
    value, gate = split(axes[dim], [axes[dim].size // 2] * 2)
    axes[dim] = unify(value, gate)
    return axes


def _squeezed(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    x = args[0]
    given = args[1] if len(args) > 1 else range(x.ndim)
    dims = {_dim(d, x.ndim) for d in ([given] if isinstance(given, int) else given)}
    return [a for i, a in enumerate(_axes(x)) if not (i in dims and a.size == 1)]


def _expanded(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = _axes(args[0])
    behind = fresh(out.shape)
    for i in range(1, len(axes) + 1):
        if axes[-i].size == behind[-i].size:
            behind[-i] = axes[-i]
    return behind


def _padded(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes, pads = list(_axes(args[0])), args[1]
    for i in range(len(pads) // 2):
        before, after = pads[2 * i], pads[2 * i + 1]
        if before or after:
            axis = axes[-1 - i]
            axes[-1 - i] = (
                row([Axis(max(before, 0)), axis, Axis(max(after, 0))])
                if min(before, after) >= 0
                else Axis(axis.size + before + after)
            )
    return axes


def _shuffled(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = _axes(args[0])
    return [*axes[:-3], factor(axes[-3], [out.shape[-3], args[1] ** 2])[0], *fresh(out.shape[-2:])]


def _unshuffled(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = _axes(args[0])
    return [*axes[:-3], grid([axes[-3], Axis(args[1] ** 2)]), *fresh(out.shape[-2:])]


def _dealt(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    """One channel of every group in turn."""
    axes, groups = list(_axes(args[0])), args[1]
    axes[1] = grid(factor(axes[1], [groups, axes[1].size // groups])[::-1])
    return axes


def _tiled(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    """One after the other, as often as is said; what is said of more dimensions than there are is of new ones."""
    axes, times = _axes(args[0]), args[1]
    axes = [*(Axis(1) for _ in range(len(times) - len(axes))), *axes]
    return [
        axis if n == 1 else Axis(n) if axis.size == 1 else grid([Axis(n), axis])
        for n, axis in zip(times, axes, strict=True)
    ]


def _selected(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = list(_axes(args[0]))
    del axes[_dim(args[1], len(axes))]
    return axes


def _unbound(out: Out, args: Any, kwargs: Any) -> tuple[list[Axis], ...]:
    axes = list(_axes(args[0]))
    del axes[_dim(args[1] if len(args) > 1 else 0, len(axes))]
    return tuple(axes for _ in out)


def _indexed(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    """The axes that are looked up are gone; those of the indices stand where the first of them was, or in front."""
    x, indices = args[0], list(args[1])
    looked_up = [i for i, index in enumerate(indices) if index is not None]
    together = looked_up == list(range(looked_up[0], looked_up[-1] + 1))
    remaining = [a for i, a in enumerate(_axes(x)) if i not in looked_up]
    first = looked_up[0] if together else 0
    for i in looked_up:
        _axes(x)[i].look_up()
    sizes = out.shape[first : first + out.ndim - len(remaining)]
    found = _unknown(sizes, [(0, _axes(x)[i]) for i in looked_up])
    return [*remaining[:first], *found, *remaining[first:]]


def _taken(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = list(_axes(args[0]))
    axes[args[1]].look_up()
    axes[args[1]] = Axis(out.shape[args[1]])
    return axes


def _gathered(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = list(_axes(args[0]))
    for i, axis in enumerate(axes):
        if i == _dim(args[1], len(axes)) or axis.size != out.shape[i]:
            axis.look_up()
            axes[i] = Axis(out.shape[i])
    return axes


def _repeated(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes, times = list(_axes(args[0])), args[1]
    dim = args[2] if len(args) > 2 else kwargs.get("dim")
    if dim is None or not isinstance(times, int):
        return fresh(out.shape)
    axes[dim] = grid([axes[dim], Axis(times)])
    return axes


def _unsqueezed(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = list(_axes(args[0]))
    axes.insert(_dim(args[1], len(axes) + 1), Axis(1))
    return axes


def _transposed(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    axes = list(_axes(args[0]))
    i, j = (args[1], args[2]) if len(args) > 2 else (0, 1)
    if len(axes) > 1:
        axes[i], axes[j] = axes[j], axes[i]
    return axes


def _embedded(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    _axes(args[0])[0].look_up()
    return [*_axes(args[1]), _axes(args[0])[1]]


def _attended(out: Out, args: Any, kwargs: Any) -> Any:
    query, key, value = (list(_axes(x)) for x in args[:3])
    unify(query[-1], key[-1])
    heads = [unify(unify(q, k), v) for q, k, v in zip(query[:-2], key[:-2], value[:-2], strict=True)]
    for mask in _traced([args[3:], kwargs]):
        for i in range(3, mask.ndim + 1):
            if mask.shape[-i] == heads[2 - i].size > 1:
                unify(heads[2 - i], mask.axes[-i])
    _multiplied([*heads, query[-2], key[-2], query[-1]])
    _multiplied([*heads, query[-2], key[-2], value[-1]])
    return ([*heads, query[-2], value[-1]],)


def _linear(out: Out, args: Any, kwargs: Any) -> list[Axis]:
    x, weight = _axes(args[0]), _axes(args[1])
    unify(x[-1], weight[1])
    _multiplied([*x[:-1], *weight])
    if len(args) > 2 and isinstance(args[2], Traced):
        unify(weight[0], args[2].axes[0])
    return [*x[:-1], weight[0]]


_RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("mm", "bmm", "mv", "dot", "vdot"), lambda out, args, _: _product(_axes(args[0]), _axes(args[1]))),
    **dict.fromkeys(("addmm", "baddbmm", "addmv"), _added),
    **dict.fromkeys(
        ("sum", "amax", "amin", "max", "min", "prod", "logsumexp", "any", "all", "argmax", "argmin", "median"),
        _reduced,
    ),
    **dict.fromkeys(("mean", "var", "std", "var_mean", "std_mean"), _averaged),
    "linalg_vector_norm": lambda out, args, kwargs: _reduced(out, args, kwargs, 2),
    "linear": _linear,
    **dict.fromkeys(
        ("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_attention_math"), _attended
    ),
    "embedding": _embedded,
    "convolution": _convolution,
    **dict.fromkeys(
        ("avg_pool1d", "_adaptive_avg_pool1d", "upsample_nearest1d", "upsample_linear1d", "reflection_pad1d",
         "replication_pad1d"), _kept_but_last(1),
    ),
    **dict.fromkeys(
        ("avg_pool2d", "max_pool2d_with_indices", "_adaptive_avg_pool2d", "adaptive_max_pool2d", "upsample_nearest2d",
         "upsample_bilinear2d", "upsample_bicubic2d", "reflection_pad2d", "replication_pad2d",
         "_upsample_bilinear2d_aa", "grid_sampler_2d"), _kept_but_last(2),
    ),
    **dict.fromkeys(
        ("avg_pool3d", "max_pool3d_with_indices", "_adaptive_avg_pool3d", "adaptive_max_pool3d", "upsample_nearest3d",
         "upsample_trilinear3d"), _kept_but_last(3),
    ),
    **dict.fromkeys(
        ("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training",
         "cudnn_batch_norm", "batch_norm_with_update"), _normed(1),
    ),
    "native_group_norm": _group_normed,
    **dict.fromkeys(("native_layer_norm", "_fused_rms_norm"), _normed(None)),
    **dict.fromkeys(
        ("view", "_unsafe_view", "reshape", "_reshape_alias"),
        lambda out, args, _: regroup(_axes(args[0]), list(out.shape)),
    ),
    "permute": lambda out, args, _: [_axes(args[0])[d] for d in args[1]],
    **dict.fromkeys(("t", "transpose"), _transposed),
    "expand": _expanded,
    "unsqueeze": _unsqueezed,
    "squeeze": _squeezed,
    "select": _selected,
    "slice": _sliced,
    **dict.fromkeys(("split", "split_with_sizes", "unsafe_split", "unsafe_split_with_sizes", "chunk"), _split),
    "unbind": _unbound,
    "roll": lambda out, args, _: list(_axes(args[0])),
    "index": _indexed,
    "index_select": _taken,
    "gather": _gathered,
    "repeat_interleave": _repeated,
    "cat": _cat,
    "stack": _stack,
    "glu": _glu,
    "constant_pad_nd": _padded,
    "pixel_shuffle": _shuffled,
    "pixel_unshuffle": _unshuffled,
    "channel_shuffle": _dealt,
    "repeat": _tiled,
}  # fmt: skip

_POINTWISE = {
    "_fused_dropout", "_log_softmax", "_prelu_kernel", "_safe_softmax", "_softmax", "_to_copy", "alias", "bernoulli",
    "celu", "clone", "contiguous", "copy", "cumprod", "cumsum", "detach", "dropout", "elu", "flip", "gelu", "hardswish",
    "hardtanh", "lift_fresh", "log_sigmoid_forward", "masked_fill", "mish", "native_dropout", "prelu", "relu6",
    "rrelu_with_noise", "selu", "silu", "softplus", "tril", "triu", "where",
}  # fmt: skip
_REFUSED = {
    "_weight_norm_interface": "weight_norm divides it by its length; fold that in by nn.utils.remove_weight_norm, or "
    "by remove_parametrizations where nn.utils.parametrizations made it",
}
_NEW = {
    "_assert_async", "_assert_tensor_metadata", "_local_scalar_dense", "arange", "empty", "empty_like", "full",
    "full_like", "new_empty", "new_full", "new_ones", "new_zeros", "ones", "ones_like", "rand_like", "randn_like",
    "scalar_tensor", "zeros", "zeros_like",
}  # fmt: skip


def trace(network: nn.Module, names: Mapping[str, Tensor], inputs: tuple[Tensor, ...]) -> dict[str, list[Axis]]:
    """The axes of the tensors `names` of a network, after a run on `inputs`.

    Raises:
        Exception: whatever the network raises on tensors without values.
    """
    lent = {name: Traced(t.detach().to("meta"), fresh(t.shape)) for name, t in names.items()}
    given = tuple(Traced(x.to("meta"), fresh(x.shape)) for x in inputs)
    training = network.training
    try:
        with torch.no_grad(), open_parts():
            functional_call(network.eval(), dict(lent), given)
    finally:
        network.train(training)
    return {name: tensor.axes for name, tensor in lent.items()}


@contextmanager
def open_parts() -> Iterator[None]:
    """Within it attention, or an LSTM, is not one operation that hides its parts."""
    attention, onednn = torch.backends.mha.get_fastpath_enabled(), torch._C._get_mkldnn_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    torch._C._set_mkldnn_enabled(False)  # noqa: FBT003
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(attention)
        torch._C._set_mkldnn_enabled(onednn)
