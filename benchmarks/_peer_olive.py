"""Static quantization by Microsoft's Olive."""

import os
import shutil
from pathlib import Path

from _peer_setting import Setting

OLIVE = ("olive-ai==0.13.0", "requests")  # which it imports and does not ask for
CALIBRATED = 500  # training examples, as the other quantization


def by_olive(setting: Setting) -> Path:
    """The original with eight bits."""
    os.environ["OLIVE_DISABLE_TELEMETRY"] = "1"
    made = quantised_by_olive(setting)
    return Path(shutil.copy(made, setting.folder / "olive.onnx"))


def quantised_by_olive(setting: Setting) -> Path:
    """With activations in uint8: by its default, int8, the CNN of one's own took five times as long as in float32."""
    from olive.data.component.dataset import BaseDataset
    from olive.data.registry import Registry
    from olive.workflows import run

    names = [spec.name for spec in setting.task.inputs]
    few = setting.task.examples("train").take(slice(0, CALIBRATED)).inputs

    @Registry.register_dataset()
    def of_the_task(**_: object) -> BaseDataset:
        return BaseDataset([dict(zip(names, rows, strict=True)) for rows in zip(*few, strict=True)])

    place = setting.folder / "olive"
    run({
        "input_model": {"type": "ONNXModel", "model_path": str(setting.folder / "original.onnx")},
        "data_configs": [{"name": "calibration", "load_dataset_config": {"type": "of_the_task"}}],
        "passes": {"quantise": {
            "type": "OnnxStaticQuantization", "data_config": "calibration",
            "activation_type": "uint8", "per_channel": True,
        }},
        "output_dir": str(place), "cache_dir": str(place / "cache"),
    })  # fmt: skip
    (made,) = place.glob("*.onnx")
    return made
