"""What transformers are made of: look-ups in tables, products of matrices, attention."""

from __future__ import annotations

import math
import operator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from hwnas.export._table import ANY_TYPE, Call, Unsupported, Value, function, module
from hwnas.export._table_shapes import transposed
from hwnas.export._table_weights import array_of


@function(F.embedding, also=[ANY_TYPE])
def _embedding(
    call: Call, x: Value, weight: Value, *padding: object, max_norm: float | None = None, **_of_gradients: object
) -> str:
    """The padding's row is one like the others, but for gradients."""
    if max_norm is not None or len(padding) > 1:
        raise Unsupported(f"{call.name}: an embedding that is scaled when it is read")
    return call.emit("Gather", weight.name, x.name, axis=0)


@module(nn.Embedding, also=[ANY_TYPE])
def _embedding_module(call: Call, m: nn.Embedding, path: str, x: Value) -> str:
    return _embedding(
        call, x, Value(call.graph.array(f"{path}.weight", array_of(m.weight)), m.weight, 1), max_norm=m.max_norm
    )


@function(operator.matmul, torch.matmul, "matmul", torch.bmm, "bmm")
def _matmul(call: Call, a: Value, b: Value) -> str:
    return call.emit("MatMul", a.name, b.name)


@function(torch.einsum)
def _einsum(call: Call, equation: str, *operands: Value) -> str:
    return call.emit("Einsum", *(x.name for x in operands), equation=equation)


@function(F.softmax, torch.softmax, "softmax")
def _softmax(call: Call, x: Value, dim: int, *, dtype: torch.dtype | None = None, **_level: object) -> str:
    if dtype not in (None, torch.float32):
        raise Unsupported(f"{call.name}: softmax in {dtype}")
    return call.emit("Softmax", x.name, axis=dim)


@function(F.log_softmax, torch.log_softmax, "log_softmax")
def _log_softmax(call: Call, x: Value, dim: int, *, dtype: torch.dtype | None = None, **_level: object) -> str:
    if dtype not in (None, torch.float32):
        raise Unsupported(f"{call.name}: softmax in {dtype}")
    return call.emit("LogSoftmax", x.name, axis=dim)


@module(nn.Softmax, nn.LogSoftmax)
def _softmax_module(call: Call, m: nn.Softmax | nn.LogSoftmax, path: str, x: Value) -> str:
    if m.dim is None:
        raise Unsupported(f"{path}: softmax along no dimension in particular")
    return (_softmax if isinstance(m, nn.Softmax) else _log_softmax)(call, x, m.dim)


@function(F.scaled_dot_product_attention, also=[ANY_TYPE])
def _attention(
    call: Call,
    query: Value,
    key: Value,
    value: Value,
    attn_mask: Value | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,  # noqa: FBT001, FBT002  as PyTorch has it
    scale: float | None = None,
    *,
    enable_gqa: bool = False,
) -> str:
    """PyTorch gives 0 where a mask leaves nothing to look at, and the softmax alone no number."""
    if attn_mask is not None and attn_mask.constant and attn_mask.example.dtype == torch.bool:
        attn_mask = None if attn_mask.example.all() else attn_mask
    if dropout_p or enable_gqa or (is_causal and attn_mask is not None):
        raise Unsupported(f"{call.name}: attention with dropout, or with fewer keys than queries")
    n, width = key.example.ndim, query.example.shape[-1]
    scaled = call.emit("Mul", query.name, call.constant(scale or 1 / math.sqrt(width), np.float32))
    keys = transposed(call, key, (*range(n - 2), n - 1, n - 2))
    scores = call.emit("MatMul", scaled, keys)
    if is_causal:
        behind = np.tri(query.example.shape[-2], key.example.shape[-2], dtype=np.bool_)
        scores = call.emit("Add", scores, call.constant(np.where(behind, 0, -np.inf), np.float32))
    if attn_mask is not None:
        mask = attn_mask.name
        if attn_mask.example.dtype == torch.bool:
            mask = call.emit("Where", mask, *(call.constant(x, np.float32) for x in (0, -np.inf)))
        scores = call.emit("Add", scores, mask)
    shares = shares_of(call, scores, without=attn_mask is not None)
    return call.emit("MatMul", shares, value.name)


def shares_of(call: Call, scores: str, *, without: bool) -> str:
    """Of the values in what attention gives; where it is computed so, none `without` anything to look at."""
    shares = call.emit("Softmax", scores, axis=-1)
    return call.emit("Where", call.emit("IsNaN", shares), call.constant(0, np.float32), shares) if without else shares
