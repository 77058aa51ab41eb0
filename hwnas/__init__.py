"""hwnas: hardware-aware sub-network search.

Bring a trained network, or train a supernet once; for any device, get the most accurate sub-network within a latency
budget as an ONNX file that was timed on that device and proved equal to the PyTorch original.

The public names are loaded when first used, so `import hwnas` is instant.
"""

import os

from hwnas.contracts.version import VERSION

TYPE_CHECKING = False  # as `typing` has it, without loading that
if TYPE_CHECKING:
    from hwnas.archive import Archive as Archive
    from hwnas.contracts.architecture import Architecture as Architecture
    from hwnas.contracts.choice import Choice as Choice
    from hwnas.contracts.errors import DeviceError as DeviceError
    from hwnas.contracts.errors import HwnasError as HwnasError
    from hwnas.contracts.errors import InputError as InputError
    from hwnas.contracts.errors import PromiseError as PromiseError
    from hwnas.contracts.examples import Examples as Examples
    from hwnas.contracts.examples import Rows as Rows
    from hwnas.contracts.objective import Objective as Objective
    from hwnas.contracts.search_space import InputSpec as InputSpec
    from hwnas.contracts.search_space import SearchSpace as SearchSpace
    from hwnas.contracts.strategy import Strategy as Strategy
    from hwnas.contracts.task import Task as Task
    from hwnas.contracts.trial import Result as Result
    from hwnas.contracts.trial import Trial as Trial
    from hwnas.devices import open_device as open_device
    from hwnas.elasticity.elastic import elastic as elastic
    from hwnas.evaluation.calibration import calibrated as calibrated
    from hwnas.evaluation.taught import taught_by as taught_by
    from hwnas.export.pretrained import save_pretrained as save_pretrained
    from hwnas.genomes.paths import path_features as path_features
    from hwnas.pipeline.delivery.front import Front as Front
    from hwnas.pipeline.measure import measure as measure
    from hwnas.pipeline.open import load_supernet as load_supernet
    from hwnas.pipeline.open import open_task as open_task
    from hwnas.pipeline.shrink import shrink as shrink
    from hwnas.pipeline.study import Study as Study
    from hwnas.pipeline.train import train as train
    from hwnas.problems.micro_bench import MicroBench as MicroBench
    from hwnas.problems.micro_bench import micro_bench as micro_bench
    from hwnas.searches.front import SearchFront as SearchFront
    from hwnas.searches.search import open_strategy as open_strategy
    from hwnas.searches.search import search as search
    from hwnas.spaces._bits import with_bits as with_bits
    from hwnas.spaces._input_sizes import with_input_sizes as with_input_sizes
    from hwnas.supernet import Supernet as Supernet
    from hwnas.tasks._given import task as task
    from hwnas.training._recipe import Recipe as Recipe

# Else ONNX Runtime keeps records of its use and sends them, also from a process that is being timed. It looks here when
# it is loaded, which every module of hwnas does after this one; processes that hwnas starts have it from here.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

_HOMES = {
    "Architecture": "hwnas.contracts.architecture",
    "Archive": "hwnas.archive",
    "Choice": "hwnas.contracts.choice",
    "DeviceError": "hwnas.contracts.errors",
    "Examples": "hwnas.contracts.examples",
    "Front": "hwnas.pipeline.delivery.front",
    "HwnasError": "hwnas.contracts.errors",
    "InputError": "hwnas.contracts.errors",
    "InputSpec": "hwnas.contracts.search_space",
    "MicroBench": "hwnas.problems.micro_bench",
    "Objective": "hwnas.contracts.objective",
    "PromiseError": "hwnas.contracts.errors",
    "Recipe": "hwnas.training._recipe",
    "Result": "hwnas.contracts.trial",
    "Rows": "hwnas.contracts.examples",
    "SearchFront": "hwnas.searches.front",
    "SearchSpace": "hwnas.contracts.search_space",
    "Strategy": "hwnas.contracts.strategy",
    "Study": "hwnas.pipeline.study",
    "Supernet": "hwnas.supernet",
    "Task": "hwnas.contracts.task",
    "Trial": "hwnas.contracts.trial",
    "calibrated": "hwnas.evaluation.calibration",
    "elastic": "hwnas.elasticity.elastic",
    "load_supernet": "hwnas.pipeline.open",
    "measure": "hwnas.pipeline.measure",
    "micro_bench": "hwnas.problems.micro_bench",
    "open_device": "hwnas.devices",
    "open_strategy": "hwnas.searches.search",
    "open_task": "hwnas.pipeline.open",
    "path_features": "hwnas.genomes.paths",
    "save_pretrained": "hwnas.export.pretrained",
    "search": "hwnas.searches.search",
    "shrink": "hwnas.pipeline.shrink",
    "task": "hwnas.tasks._given",
    "taught_by": "hwnas.evaluation.taught",
    "train": "hwnas.pipeline.train",
    "with_bits": "hwnas.spaces._bits",
    "with_input_sizes": "hwnas.spaces._input_sizes",
}

__version__ = VERSION

__all__ = [
    "Architecture",
    "Archive",
    "Choice",
    "DeviceError",
    "Examples",
    "Front",
    "HwnasError",
    "InputError",
    "InputSpec",
    "MicroBench",
    "Objective",
    "PromiseError",
    "Recipe",
    "Result",
    "Rows",
    "SearchFront",
    "SearchSpace",
    "Strategy",
    "Study",
    "Supernet",
    "Task",
    "Trial",
    "calibrated",
    "elastic",
    "load_supernet",
    "measure",
    "micro_bench",
    "open_device",
    "open_strategy",
    "open_task",
    "path_features",
    "save_pretrained",
    "search",
    "shrink",
    "task",
    "taught_by",
    "train",
    "with_bits",
    "with_input_sizes",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'hwnas' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
