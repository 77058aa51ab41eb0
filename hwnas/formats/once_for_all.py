"""Operator tables of Once-for-All (Cai et al., ICLR 2020) and NSGANetV2: YAML or JSON from an operator's name, such as
``expanded_conv-input:7x7x160-output:7x7x160-expand:640-kernel:5-stride:1-idskip:1-se:1-hs:1``, to its mean in ms.

They become parts of hwnas's space ``mobilenetv3``, which has the same choices: a network's latency is the sum of its
blocks and of what all networks have. Where a table holds one network family at one resolution its settings are read
from the names; else the space has to be given.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hwnas.contracts.errors import InputError
from hwnas.formats._figures import positive
from hwnas.formats._format import Format, Imported, Part, Wishes
from hwnas.formats._source import Source

DEPTHS, KERNELS, EXPANSIONS = (2, 3, 4), (3, 5, 7), (3, 4, 6)
KINDS = {  # NSGANetV2's names for the same
    "MBConv": "expanded_conv", "first_conv": "Conv", "final_expand_layer": "Conv_1",
    "feature_mix_layer": "Conv_2", "classifier": "Logits",
}  # fmt: skip
STRIDES = (2, 2, 2, 1, 2)
HARD_SWISH = (False, False, True, True, True)
SQUEEZE = (False, True, False, True, True)
_DEFAULTS = {"stem_width": 16, "stage_widths": (24, 40, 80, 112, 160), "final_width": 960, "feature_width": 1280}
_LARGEST_RATIO = 16  # where a table has a larger expansion, all of them are widths, not ratios


@dataclass(frozen=True)
class _Operator:
    name: str
    kind: str
    fields: Mapping[str, str]
    latency_ms: float

    def fits(self, wanted: Mapping[str, str]) -> bool:
        """Whether every field of this operator that is wanted is as wanted; a field it lacks does not matter."""
        return all(self.fields[name] == value for name, value in wanted.items() if name in self.fields)

    def sizes(self, field: str) -> list[int]:
        """Height, width and channels, or channels alone, of its `input` or `output`.

        Raises:
            InputError: its name does not tell them.
        """
        return _sizes(self.name, self.fields, field)


class _OnceForAll(Format):
    def recognises(self, source: Source) -> bool:
        return bool(_by_table(source))

    def tables(self, source: Source) -> list[str]:
        return sorted(_by_table(source))

    def read(self, source: Source, table: str, wishes: Wishes) -> Imported:
        operators = list(_operators(_by_table(source)[table], source))
        parameters = dict(wishes.parameters) if wishes.parameters else _settings(operators, source)
        full = {**_DEFAULTS, **parameters}
        if "input_shape" not in full:
            full["input_shape"] = (3, 224, 224)
        return Imported("mobilenetv3", parameters, parts=list(_parts(operators, full, source)))


def _by_table(source: Source) -> dict[str, Mapping[str, object]]:
    """Tables by name: the file itself, or several in one."""
    content = source.content
    if not isinstance(content, dict):
        return {}
    if _is_table(content):
        return {"": content}
    return {str(name): value for name, value in content.items() if isinstance(value, dict) and _is_table(value)}


def _is_table(content: object) -> bool:
    return isinstance(content, dict) and any(isinstance(key, str) and "-input:" in key for key in list(content)[:5])


def _operators(table: Mapping[str, object], source: Source) -> Iterator[_Operator]:
    as_widths = any(int(text) > _LARGEST_RATIO for text in re.findall(r"-expand:(\d+)", " ".join(map(str, table))))
    for name, figures in table.items():
        kind, *pairs = re.split(r"-(?=[a-z]+:)", str(name))
        fields = dict(pair.split(":", 1) for pair in pairs)
        if "expand" in fields and as_widths:  # rounded to multiples of 8 in the original
            fields["expand"] = str(round(_sizes(name, fields, "expand")[0] / _sizes(name, fields, "input")[-1]))
        mean = figures.get("mean") if isinstance(figures, Mapping) else figures
        yield _Operator(str(name), KINDS.get(kind, kind), fields, positive(mean, f"Operator {name} of {source.path}"))


def _settings(operators: Sequence[_Operator], source: Source) -> dict[str, object]:
    """The settings of `mobilenetv3` that the names tell: resolution and widths."""
    stems = [o for o in operators if o.kind == "Conv"]
    if len(stems) != 1:
        raise InputError(
            f"{source.path} has {len(stems)} first convolutions, so it does not say which network family it is of; "
            "give it, such as --space mobilenetv3:input_shape=3x192x192."
        )
    side, channels = stems[0].sizes("input")[0], stems[0].sizes("input")[-1]
    stem = stems[0].sizes("output")[-1]
    steps = {(o.sizes("input")[-1], o.sizes("output")[-1]) for o in operators if o.kind == "expanded_conv"}
    reached, widths = stem, []
    following = {width: after for width, after in steps if width != after}
    while reached in following:
        reached = following.pop(reached)
        widths.append(reached)
    heads = {o.kind: o.sizes("output")[-1] for o in operators if o.kind in {"Conv_1", "Conv_2"}}
    if len(widths) != len(STRIDES) or set(heads) != {"Conv_1", "Conv_2"}:
        raise InputError(
            f"{source.path} is not of the MobileNetV3 family of Once-for-All: its stages have widths {widths}, "
            f"expected {len(STRIDES)} of them and the layers Conv_1 and Conv_2; hwnas has no space for it."
        )
    return {
        "input_shape": (channels, side, side), "stem_width": stem, "stage_widths": tuple(widths),
        "final_width": heads["Conv_1"], "feature_width": heads["Conv_2"],
    }  # fmt: skip


def _parts(operators: Sequence[_Operator], settings: Mapping[str, object], source: Source) -> Iterator[Part]:
    def time(kind: str, **wanted: str) -> float:
        for operator in operators:
            if operator.kind == kind and operator.fits(wanted):
                return operator.latency_ms
        asked = "-".join([kind, *(f"{name}:{value}" for name, value in wanted.items())])
        raise InputError(f"{source.path} lacks the operator {asked}; give the --space the table was made for.")

    channels, side, _ = _numbers(settings["input_shape"])
    stem, final, feature = _numbers([settings[name] for name in ("stem_width", "final_width", "feature_width")])
    widths = _numbers(settings["stage_widths"])
    size = math.ceil(side / 2)
    here = _shape(size, stem)
    fixed = time("Conv", input=_shape(side, channels), output=here)
    fixed += time("expanded_conv", input=here, output=here, expand="1", kernel="3", stride="1", idskip="1")
    width = stem
    for stage, outputs in enumerate(widths):
        for block in range(DEPTHS[-1]):
            stride = STRIDES[stage] if block == 0 else 1
            after = math.ceil(size / stride)
            for kernel in KERNELS:
                for expansion in EXPANSIONS:
                    name = f"stage{stage + 1}.block{block + 1}"
                    yield Part(
                        f"{name}, kernel {kernel}, expansion {expansion}",
                        {f"{name}.kernel": kernel, f"{name}.expansion": expansion},
                        time(
                            "expanded_conv", input=_shape(size, width), output=_shape(after, outputs),
                            expand=str(expansion), kernel=str(kernel), stride=str(stride),
                            idskip=str(int(stride == 1 and width == outputs)), se=str(int(SQUEEZE[stage])),
                            hs=str(int(HARD_SWISH[stage])),
                        ),
                    )  # fmt: skip
            width, size = outputs, after
    fixed += time("Conv_1", input=_shape(size, width), output=_shape(size, final))
    if any(operator.kind == "AvgPool2D" for operator in operators):
        fixed += time("AvgPool2D", input=_shape(size, final), output=_shape(1, final))
    fixed += time("Conv_2", input=_shape(1, final), output=_shape(1, feature))
    logits = (o.latency_ms for o in operators if o.kind == "Logits" and o.sizes("input")[-1] == feature)
    fixed += next(logits, 0.0)
    yield Part("what all networks have", {}, fixed)


def _numbers(values: object) -> list[int]:
    return [int(str(value)) for value in values] if isinstance(values, list | tuple) else []


def _sizes(name: object, fields: Mapping[str, str], field: str) -> list[int]:
    if not re.fullmatch(r"[1-9]\d{0,8}(x[1-9]\d{0,8})*", fields.get(field, "")):
        raise InputError(f"Operator {name} should say {field}:HEIGHTxWIDTHxCHANNELS in numbers; mend its name.")
    return [int(size) for size in fields[field].split("x")]


def _shape(side: int, channels: int) -> str:
    return f"{side}x{side}x{channels}"


once_for_all = _OnceForAll()
