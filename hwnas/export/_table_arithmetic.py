"""Arithmetic between tensors, and with numbers."""

from __future__ import annotations

import operator

import torch

from hwnas.export._table import Call, Value, function


def _arithmetic(op: str, neutral: float, *keys: object) -> None:
    """Enter ``a op b``; adding 0 and the like, as in Python's ``sum``, leaves no trace."""

    @function(*keys)
    def write(call: Call, a: Value | float, b: Value | float) -> str:
        for x, other in ((a, b), (b, a)) if op in ("Add", "Mul") else ((a, b),):
            if isinstance(x, Value) and isinstance(other, int | float) and other == neutral:
                return call.operand(x)
        return call.emit(op, call.operand(a), call.operand(b))


_arithmetic("Add", 0, operator.add, operator.iadd, torch.add, "add", "add_")
_arithmetic("Sub", 0, operator.sub, operator.isub, torch.sub, "sub", "sub_")
_arithmetic("Mul", 1, operator.mul, operator.imul, torch.mul, "mul", "mul_")
_arithmetic("Div", 1, operator.truediv, operator.itruediv, torch.div, "div", "div_")
