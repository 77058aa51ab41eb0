"""Arithmetic between tensors, and with numbers."""

from __future__ import annotations

import operator

import torch

from hwnas.export._table import ANY_TYPE, ONE_ROW, Call, Value, function


def _arithmetic(op: str, neutral: float, *keys: object) -> None:
    """Enter ``a op b``; adding 0 and the like, as in Python's ``sum`` or a mask of nothing, leaves no trace."""

    @function(*keys, also=[ANY_TYPE, ONE_ROW])
    def write(call: Call, a: Value | float, b: Value | float) -> str:
        for x, other in ((a, b), (b, a)) if op in ("Add", "Mul") else ((a, b),):
            if isinstance(x, Value) and x.example.shape == call.result.shape and _all(other, neutral):
                return call.operand(x)
        return call.emit(op, call.operand(a), call.operand(b))


def _all(x: Value | float, number: float) -> bool:
    """Whether it is this number, or a constant of nothing else."""
    return bool((x.example == number).all()) if isinstance(x, Value) and x.constant else x == number


_arithmetic("Add", 0, operator.add, operator.iadd, torch.add, "add", "add_")
_arithmetic("Sub", 0, operator.sub, operator.isub, torch.sub, "sub", "sub_")
_arithmetic("Mul", 1, operator.mul, operator.imul, torch.mul, "mul", "mul_")
_arithmetic("Div", 1, operator.truediv, operator.itruediv, torch.div, "div", "div_")
_arithmetic("Pow", 1, operator.pow, torch.pow, "pow", "pow_")
