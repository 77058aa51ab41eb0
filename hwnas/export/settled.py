"""A model whose inputs are settled: sizes for what its file leaves open, and values where random ones say nothing."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, ValueInfoProto, helper

from hwnas.contracts.device import INPUTS_KEY
from hwnas.contracts.errors import HwnasError, InputError, quoted
from hwnas.contracts.files import read_limited
from hwnas.contracts.temporary import temporary_folder
from hwnas.export.model_file import models_to_blame, read_model, weights_beside

Shape = tuple[int, ...]
MOST_NUMBERS = 2**28  # of one input: a gigabyte in float32
MOST_IN_ONE_FILE = 2**30  # bytes of a model; beyond twice as many the format needs a file of weights beside it


@contextmanager
def settled(
    path: Path, shapes: Mapping[str, Shape] | None = None, values: Mapping[str, np.ndarray] | None = None
) -> Iterator[tuple[Path, dict[str, Shape]]]:
    """A file to time in place of `path`, itself where nothing is open, and the shape of each of its inputs in a run.

    A batch that is left open is 1.

    Args:
        path: a model.
        shapes: by input, or for the only one under an empty name; not needed where only the batch is open.
        values: of every input, which say the shapes too; without them the device draws some.

    Raises:
        InputError: it is no model, something else than the batch is open, or what is given does not fit it.
    """
    model = read_model(path)
    if model is None:  # whoever runs it will say what it takes
        yield path, {}
        return
    _refuse_missing_weights(path, model)
    stored = {tensor.name for tensor in model.graph.initializer}
    given = [x for x in model.graph.input if x.name not in stored]
    for x in given:
        _refuse_no_numbers(path, x)
    asked = _asked(path, given, shapes or {}, values)
    settled_shapes = {x.name: _shape(path, x, asked.get(x.name)) for x in given}
    if values is None and all(_open_sizes(x) in ([], [0]) and not asked.get(x.name) for x in given):
        with models_to_blame([path]):
            yield path, settled_shapes
        return
    with temporary_folder() as folder:
        copy = folder / path.name
        _write(_with_inputs(path, settled_shapes, values), copy)
        try:
            with models_to_blame([copy]):
                yield copy, settled_shapes
        except HwnasError as error:  # which speaks of the copy
            raise type(error)(str(error).replace(str(copy), str(path))) from error


def _refuse_missing_weights(path: Path, model: ModelProto) -> None:
    """Are the files there that hold its weights? Else the device would be blamed."""
    if missing := sorted(name for name in weights_beside(model) if not (path.parent / name).is_file()):
        raise InputError(f"{path} needs the files of weights beside it: no {quoted(missing[0])} is there; copy it too.")


def _refuse_no_numbers(path: Path, given: ValueInfoProto) -> None:
    """Is an input something else than an array of numbers that numpy knows?"""
    kind = given.type.WhichOneof("value")
    dtype = helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type) if kind == "tensor_type" else None
    if dtype is None or dtype.kind not in "fiub" or dtype.isbuiltin != 1:
        takes = f"{str(kind).removesuffix('_type')}s" if dtype is None else "texts" if dtype.kind == "O" else str(dtype)
        remedy = (
            "give the part of the model that takes such, as a tokenizer gives"
            if dtype is None or dtype.kind == "O"
            else "give a model that takes float32 or whole numbers"
        )
        raise InputError(
            f"Input {quoted(given.name)} of {path} takes {takes}, and only numbers in arrays are fed; {remedy}."
        )


def read_values(file: Path) -> dict[str, np.ndarray]:
    """Arrays of an ``.npz`` by name, or that of an ``.npy`` under an empty one.

    Raises:
        InputError: it is neither, or holds Python objects or NaN.
    """
    raw = read_limited(file, most=MOST_NUMBERS * 8)
    try:
        with io.BytesIO(raw) as opened:
            loaded = np.load(opened, allow_pickle=False)
            arrays = {"": loaded} if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except Exception as error:  # a broken archive fails in a dozen unrelated ways
        raise InputError(
            f"{file} should hold the model's inputs as NumPy's .npz, or .npy for one, got something else; write it "
            "with numpy.savez."
        ) from error
    if any(x.dtype.kind in "fc" and np.isnan(x).any() for x in arrays.values()):  # else the model would be blamed
        raise InputError(f"{file} holds NaN, of which no model makes numbers; give inputs as they occur.")
    return arrays


def _asked(
    path: Path, given: Sequence[ValueInfoProto], shapes: Mapping[str, Shape], values: Mapping[str, np.ndarray] | None
) -> dict[str, Shape]:
    """Shapes by input, those of values among them, once these are shown to be what the model takes."""
    names = [x.name for x in given]
    asked = dict(shapes) | {name: x.shape for name, x in (values or {}).items()}
    if "" in asked and len(names) == 1:
        asked[names[0]] = asked.pop("")
    strange = [name for name in asked if name not in names]
    if strange or (values is not None and set(asked) != set(names)):
        wanted, got = (", ".join(map(quoted, names_of)) or "none" for names_of in (names, asked))
        raise InputError(f"{path} has inputs {wanted}, got {got}; name {'those' if names else 'none'}.")
    for x in given:
        array = None if values is None else values.get(x.name, values.get(""))
        wanted_type = helper.tensor_dtype_to_np_dtype(x.type.tensor_type.elem_type)
        if array is not None and array.dtype != wanted_type:
            raise InputError(f"Input {quoted(x.name)} of {path} is {wanted_type}, got {array.dtype}; convert it.")
    return asked


def _shape(path: Path, given: ValueInfoProto, asked: Shape | None) -> Shape:
    """Of a run."""
    declared = _declared(given)
    if asked is None:
        _refuse_nothing_taken(path, given)
        if _open_sizes(given) not in ([], [0]):
            shown = "x".join(map(str, declared)) if declared is not None else "any number of sizes"
            example = "x".join(
                str(s) if isinstance(s, int) else "1" if i == 0 else "224" for i, s in enumerate(declared or ())
            )
            raise InputError(
                f"{path} leaves open how large its input {quoted(given.name)} is ({shown}), and with it how long a run "
                f"takes; say it, such as --shape {given.name}={example or '1x3x224x224'}."
            )
        return tuple(size if isinstance(size, int) else 1 for size in declared or ())
    fits = declared is None or (
        len(asked) == len(declared)
        and all(size == wanted or not isinstance(wanted, int) for size, wanted in zip(asked, declared, strict=True))
    )
    if not fits:
        wanted = "x".join(map(str, declared or ()))
        raise InputError(f"Input {quoted(given.name)} of {path} is {wanted}, got {'x'.join(map(str, asked))}.")
    if math.prod(asked) > MOST_NUMBERS:
        raise InputError(f"Input {quoted(given.name)} would have {math.prod(asked)} numbers, more than {MOST_NUMBERS}.")
    return asked


def _refuse_nothing_taken(path: Path, given: ValueInfoProto) -> None:
    """Is a size 0, so that there is nothing to compute? Some exporters write it for one that is open."""
    sizes = _written(given) or ()
    if 0 in sizes:
        meant = "x".join(str(s) if isinstance(s, int) else "1" for s in _declared(given) or ())
        raise InputError(
            f"Input {quoted(given.name)} of {path} has a size of 0 ({'x'.join(map(str, sizes))}), so nothing is "
            f"computed; export it again with sizes as they occur, or say them, such as --shape {given.name}={meant}."
        )


def _written(given: ValueInfoProto) -> list[int | str] | None:
    """Sizes as the file has them, and names of open ones; None where even their number is."""
    if not given.type.tensor_type.HasField("shape"):
        return None
    sizes = given.type.tensor_type.shape.dim
    return [d.dim_value if d.HasField("dim_value") else d.dim_param or "?" for d in sizes]


def _declared(given: ValueInfoProto) -> list[int | str] | None:
    """The same, where what is no size, such as 0, is open."""
    written = _written(given)
    return None if written is None else ["?" if isinstance(s, int) and s <= 0 else s for s in written]


def _open_sizes(given: ValueInfoProto) -> list[int] | None:
    declared = _declared(given)
    return None if declared is None else [i for i, size in enumerate(declared) if not isinstance(size, int)]


def _with_inputs(path: Path, shapes: Mapping[str, Shape], values: Mapping[str, np.ndarray] | None) -> ModelProto:
    """The model with these shapes in it, and the values among its notes, where a session finds them."""
    try:
        model = onnx.load(path)
    except Exception as error:  # the format's own errors share no base class
        raise InputError(
            f"{path} cannot be read with the files of weights beside it: {error}; copy those again."
        ) from error
    sizes: dict[str, int] = {}
    for given in model.graph.input:
        if given.name in shapes:
            declared, shape = _declared(given) or [], shapes[given.name]
            sizes |= {
                size: n for size, n in zip(declared, shape, strict=False) if isinstance(size, str) and size != "?"
            }
            element = given.type.tensor_type.elem_type
            given.CopyFrom(helper.make_tensor_value_info(given.name, element, shape))
    for told in (*model.graph.output, *model.graph.value_info):
        for size in told.type.tensor_type.shape.dim:
            if size.dim_param in sizes:
                size.dim_value = sizes[size.dim_param]
    if values is not None:
        file = io.BytesIO()
        only = next(iter(shapes))
        np.savez(file, **{name or only: x for name, x in values.items()})  # type: ignore[arg-type]
        helper.set_model_props(
            model,
            {p.key: p.value for p in model.metadata_props} | {INPUTS_KEY: base64.b64encode(file.getvalue()).decode()},
        )
    return model


def _write(model: ModelProto, copy: Path) -> None:
    apart = model.ByteSize() > MOST_IN_ONE_FILE
    onnx.save(model, copy, save_as_external_data=apart, location="weights" if apart else None)
