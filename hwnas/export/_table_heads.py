"""`nn.MultiheadAttention`, by the function that it calls."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from hwnas.export._table import ANY_TYPE, Call, Unsupported, Value, function
from hwnas.export._table_attention import shares_of
from hwnas.export._table_weights import linear


@function(F.multi_head_attention_forward, also=[ANY_TYPE])
def _multi_head_attention(  # as PyTorch has it
    call: Call, query: Value, key: Value, value: Value, width: int, heads: int,
    in_proj_weight: Value | None, in_proj_bias: Value | None, bias_k: object, bias_v: object,
    add_zero_attn: bool, _dropout: float, out_proj_weight: Value, out_proj_bias: Value | None, training: bool = True,  # noqa: FBT001, FBT002
    key_padding_mask: Value | None = None, need_weights: bool = True, attn_mask: Value | None = None,  # noqa: FBT001, FBT002
    use_separate_proj_weight: bool = False, q_proj_weight: Value | None = None, k_proj_weight: Value | None = None,  # noqa: FBT001, FBT002
    v_proj_weight: Value | None = None, static_k: object = None, static_v: object = None,
    average_attn_weights: bool = True, is_causal: bool = False,  # noqa: FBT001, FBT002
) -> tuple[str, str | None]:  # fmt: skip
    """Sequences are ``(time, batch, width)``, scores ``(batch, heads, time, time of keys)``."""
    unusual = (bias_k, bias_v, static_k, static_v)
    if training or add_zero_attn or any(x is not None for x in unusual) or query.example.ndim != 3:
        raise Unsupported(f"{call.name}: attention in training, of one example or with keys of its own")
    if attn_mask is not None and attn_mask.example.ndim != 2:
        raise Unsupported(f"{call.name}: a mask for each head")
    sources = (query, key, value)
    apart = [x for x in (q_proj_weight, k_proj_weight, v_proj_weight) if x is not None]
    weights = apart if use_separate_proj_weight else _thirds(call, in_proj_weight)
    biases = [None] * 3 if in_proj_bias is None else _thirds(call, in_proj_bias)
    split = [0, 0, heads, width // heads]  # a 0 keeps a size
    q, k, v = (
        call.emit("Transpose", call.emit("Reshape", linear(call, x, w, b), call.constant(split)), perm=order)
        for x, w, b, order in zip(sources, weights, biases, ((1, 2, 0, 3), (1, 2, 3, 0), (1, 2, 0, 3)), strict=True)
    )
    scaled = call.emit("Mul", q, call.constant(1 / math.sqrt(width // heads), np.float32))
    scores = call.emit("MatMul", scaled, k)
    if is_causal and key_padding_mask is None and not need_weights:  # the mask is then a hint only
        behind = np.tri(query.example.shape[0], key.example.shape[0], dtype=np.bool_)
        scores = call.emit("Add", scores, call.constant(np.where(behind, 0, -np.inf), np.float32))
    elif attn_mask is not None:
        scores = call.emit("Add", scores, _added(call, attn_mask))
    if key_padding_mask is not None:
        scores = call.emit("Add", scores, call.emit("Unsqueeze", _added(call, key_padding_mask), call.constant([1, 2])))
    masked = is_causal or attn_mask is not None or key_padding_mask is not None
    shares = shares_of(call, scores, without=masked and not need_weights)
    seen = call.emit("Transpose", call.emit("MatMul", shares, v), perm=(2, 0, 1, 3))
    joined = Value(call.emit("Reshape", seen, call.constant([0, 0, width])), call.result, 1)
    result = linear(call, joined, out_proj_weight, out_proj_bias)
    if not need_weights:
        return result, None
    if average_attn_weights:
        shares = call.emit("ReduceMean", shares, call.constant([1]), keepdims=0, noop_with_empty_axes=0)
    return result, shares


def _thirds(call: Call, packed: Value | None) -> list[Value]:
    """What queries, keys and values are projected by, of one tensor of all three."""
    if packed is None or packed.name not in call.graph.arrays:
        raise Unsupported(f"{call.name}: weights that are computed")
    parts = packed.example.chunk(3)
    names = (f"{packed.name}.{part}" for part in "qkv")
    return [
        Value(call.graph.array(name, part.detach().numpy()), part, 1) for name, part in zip(names, parts, strict=True)
    ]


def _added(call: Call, mask: Value) -> str:
    """A mask as what is added to scores; of truths, the true ones are left out."""
    if mask.example.dtype != torch.bool:
        return mask.name
    return call.emit("Where", mask.name, *(call.constant(x, np.float32) for x in (-np.inf, 0)))
