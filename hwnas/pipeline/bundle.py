"""A folder that anyone can deploy and check again: models, manifests, how to prepare inputs, and what re-times them.

The float32 model is the one `Study.deliver` hands out. Its INT8 version is calibrated on training images and evaluated
on images that no search saw; it ships only where it keeps to the bounds below, and a sentence says so either way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import EXTRA, LATENCY
from hwnas.contracts.files import write_atomic
from hwnas.contracts.leftovers import remove_leftovers
from hwnas.contracts.objective import Objective
from hwnas.contracts.outputs import outputs
from hwnas.contracts.shown import shown
from hwnas.contracts.task import Examples, Rows, Task
from hwnas.contracts.temporary import temporary_folder
from hwnas.devices._pack import runner
from hwnas.devices._session import Sessions
from hwnas.evaluation.calibration import drawn
from hwnas.evaluation.examples import examples_of
from hwnas.evaluation.figure import figure_of, interval_of_figure
from hwnas.evaluation.scores import agreement_of, scores_of
from hwnas.export import manifest as manifests
from hwnas.export.manifest import Int8Card, Manifest
from hwnas.export.parity import allowed_elsewhere
from hwnas.export.quantised import METHOD, UnquantisableError, quantise
from hwnas.export.scoring import outputs_of_file
from hwnas.pipeline.delivery.bundle_texts import README, RECHECK
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import Study
from hwnas.profiling.bundle_outputs import OUTPUTS, packed

FLOAT32, INT8 = "model.onnx", "model_int8.onnx"
CLAIMS = ("model.json", "model_int8.json")  # their manifests
KNOWN = {FLOAT32, INT8, OUTPUTS, *CLAIMS, "recheck.py", "runner.pyz", "README.md"}
CALIBRATION_IMAGES = 256
LEAST_SHARE_OF_SCORE = 0.99  # of the float32 score: what MLPerf Inference asks of quantised classifiers
LEAST_AGREEMENT = 0.95  # of the most likely class, image by image
MADE_UP_INPUTS = 2  # whose outputs are kept, to compare with elsewhere; no images, which may be somebody's own
QUANTISING, SCORING = "quantising", "evaluating INT8"


@dataclass(frozen=True)
class Bundle:
    """Its folder, the float32 model's manifest, and the INT8 one's, or None where that did not keep to the bounds."""

    folder: Path
    float32: Manifest
    int8: Manifest | None

    @property
    def sentence(self) -> str:
        """What came of the INT8 version."""
        assert self.float32.int8 is not None  # noqa: S101  every bundle tried
        return self.float32.int8.sentence


def write_bundle(
    study: Study, folder: Path, limits: Limits, *, force: bool = False, full_device: bool = False
) -> Bundle:
    """Hand out the most accurate member of the study's front within `limits`, as a bundle in `folder`.

    It is made elsewhere and put in its place at the end; killed at any moment, what lies in `folder` is no other
    bundle's than its manifests say.

    Raises:
        PromiseError: none keeps the limits.
        InputError: the folder holds something else, or cannot be written; a file of the user's is in the way, and
            `force` does not say to replace it.
        DeviceError: the device fails.
    """
    if (batch := study.device.card().batch) > 1:
        raise InputError(
            f"A bundle re-times one example per run, and this device times {batch}; export without --bundle, or on a "
            "device without batch=."
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"A bundle is a folder, got the file {folder}; name another one.")
    there = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    strange = sorted(name for name in there if name not in KNOWN and not name.startswith("."))
    if strange:
        raise InputError(f"A bundle is a folder of its own, got {folder} with {strange[0]} in it; name another one.")
    with outputs([folder / name for name in KNOWN], force=force):
        remove_leftovers(folder)
        with temporary_folder() as place:
            bundle = _make(study, place, limits, full_device=full_device)
            put_in_place(place, folder)
    return replace(bundle, folder=folder)


def put_in_place(made: Path, folder: Path) -> None:
    """The bundle in the folder `made` in place of whichever is in `folder`: what that claims goes first, and what this
    one claims comes last.

    Raises:
        InputError: the folder cannot be written; it then claims nothing.
    """
    try:
        for name in [*CLAIMS, *(KNOWN - {*CLAIMS})]:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"Cannot replace {folder / name}: {error.strerror}; choose another folder.") from error
    for path in sorted(made.iterdir(), key=lambda path: path.name in CLAIMS):
        write_atomic(folder / path.name, path.read_bytes())


def _make(study: Study, folder: Path, limits: Limits, *, full_device: bool) -> Bundle:
    float32, int8 = folder / FLOAT32, folder / INT8
    plain = study.deliver(study.front(), float32, limits, full_device=full_device)
    card, compared = _quantise(study, float32, int8)
    plain = plain.model_copy(update={"int8": card})
    manifests.write(plain, float32)
    quantised = _int8_manifest(study, plain, int8, card, compared) if compared and card.shipped else None
    if quantised is None:  # nothing is left of what is not to be used
        int8.unlink(missing_ok=True)
    models = {float32: np.zeros(())} | ({int8: compared.differ} if compared and quantised else {})
    write_atomic(folder / OUTPUTS, _outputs(study, plain, models))
    write_atomic(folder / "runner.pyz", runner())
    write_atomic(folder / "recheck.py", RECHECK)
    write_atomic(folder / "README.md", README)
    return Bundle(folder, plain, quantised)


@dataclass(frozen=True)
class _Compared:
    """INT8 beside float32.

    Args:
        card: what came of it.
        differ: the largest difference of each output of an example, ``(...)``.
        interval: of the INT8 version's figure.
    """

    card: Int8Card
    differ: FloatArray
    interval: tuple[float, float]


def _quantise(study: Study, float32: Path, int8: Path) -> tuple[Int8Card, _Compared | None]:
    """Write the INT8 version; its card, and how it compares, unless it cannot be quantised."""
    train, report = drawn(examples_of(study.task, "train"), CALIBRATION_IMAGES), examples_of(study.task, "report")
    study.progress(QUANTISING, 0, 1)
    try:
        quantise(float32, int8, train.inputs)
    except UnquantisableError as error:
        sentence = f"INT8 is not shipped: the model cannot be quantised, for {error.reason}."
        return _card(train, report, sentence), None
    study.progress(QUANTISING, 1, 1)
    study.progress(SCORING, 0, 1)
    compared = _compare(study.task, float32, int8, train, report)
    study.progress(SCORING, 1, 1)
    return compared.card, compared


def _card(
    train: Examples,
    report: Rows,
    sentence: str,
    *,
    shipped: bool = False,
    agreement: float | None = None,
    score: float | None = None,
    before: float | None = None,
) -> Int8Card:
    return Int8Card(
        shipped=shipped, sentence=sentence, method=METHOD, calibration_split="train", calibration_images=len(train),
        images=len(report), top1_agreement=agreement, least_agreement=LEAST_AGREEMENT, score=score,
        float32_score=before, least_share_of_score=LEAST_SHARE_OF_SCORE,
    )  # fmt: skip


def _compare(task: Task, float32: Path, int8: Path, train: Examples, report: Rows) -> _Compared:
    by_part = [_compare_on(task, float32, int8, part) for part in report.parts()]
    scores, own = (np.concatenate([each[i] for each in by_part]) for i in range(2))
    before, score = figure_of(task, scores), figure_of(task, own)
    agreements = [agreement for *_, agreement, _ in by_part if agreement is not None]
    agreement = float(np.average(agreements, weights=[len(each[0]) for each in by_part])) if agreements else None
    worse = task.figure.sign * (score - before)
    shipped = worse <= (1 - LEAST_SHARE_OF_SCORE) * abs(before) and (agreement is None or agreement >= LEAST_AGREEMENT)
    words, name = [shown(task.figure, figure) for figure in (score, before)], task.figure.name
    sentence = (
        f"INT8 {'is' if shipped else 'is not'} shipped: on {len(report)} images its {name} is {words[0]}, "
        f"that of float32 {words[1]}, "
    )
    asked = asked_of(task.figure)
    if agreement is None:
        sentence += f"and {asked} it is asked for."
    else:
        sentence += (
            f"and the most likely class is the same on {agreement:.1%}; {asked} the {name} and at least "
            f"{LEAST_AGREEMENT:.0%} agreement are asked for."
        )
    differ = np.max([each[-1] for each in by_part], axis=0)
    card = _card(train, report, sentence, shipped=shipped, agreement=agreement, score=score, before=before)
    return _Compared(card, differ, interval_of_figure(task, own))


def asked_of(figure: Objective) -> str:
    """The bound on INT8's figure, as a share of that of float32: ``at least 99% of``, ``at most 101% of``."""
    share = 1 + figure.sign * (1 - LEAST_SHARE_OF_SCORE)
    return f"{'at least' if share < 1 else 'at most'} {share:.0%} of"


def _compare_on(
    task: Task, float32: Path, int8: Path, part: Examples
) -> tuple[FloatArray, FloatArray, float | None, FloatArray]:
    """Scores of both on some examples, the share of answers they have in common, and how far each output differs."""
    wanted, got = (np.concatenate([*outputs_of_file(path, part.inputs)]) for path in (float32, int8))
    with np.errstate(invalid="ignore"):  # infinities of the same sign
        differ = np.where(got == wanted, 0.0, np.abs(got.astype(np.float64) - wanted)).max(axis=0)
    scores, own = (scores_of(task, [output], part) for output in (wanted, got))
    return scores, own, agreement_of(task, [wanted], [got]), differ


def _int8_manifest(study: Study, plain: Manifest, path: Path, card: Int8Card, compared: _Compared) -> Manifest:
    """The INT8 model's own promise: timed as the float32 one was, on the device of the study where that times."""
    assert card.score is not None  # noqa: S101  what is shipped was evaluated
    architecture = study.space.architecture(plain.architecture)
    now = study.latencies.of_other_model(architecture, path, study.front().timed_beside)
    latency = now and now.latency
    within = now is not None and plain.budget_ms is not None and now.keeps(Limits({LATENCY.name: plain.budget_ms}))
    promise = plain.model_dump() | {
        "precision": "int8",
        "original": plain.original and {**plain.original.model_dump(), "speedup": None},
        "score": card.score,
        "score_interval": compared.interval,
        "latency_ms": latency and latency.latency_ms,
        "latency_ms_interval": latency and (latency.low_ms, latency.high_ms),
        "latency_ms_at_slowest": now.at_slowest_ms if now else None,
        "slower_then": now.slower if now else 1.0,
        "predicted_latency_ms": None,
        **dict.fromkeys(EXTRA),
        "budget_ms": plain.budget_ms if within else None,
        "parity_max_abs_diff": float(compared.differ.max()),
        "parity_top1_agreement": card.top1_agreement,
        "parity_examples": card.images,
    }
    if plain.device is not None:
        promise["device"] = {**plain.device, "precision": "int8"}
    own = {name: value for name, value in promise.items() if name not in {"sha256", "size_bytes", "schema_version"}}
    manifest = manifests.make(path, **own)
    manifests.write(manifest, path)
    return manifest


def _outputs(study: Study, plain: Manifest, models: Mapping[Path, FloatArray]) -> bytes:
    """Made-up inputs, what each model makes of them on this machine, and what that may differ by on another one.

    By what rounding explains on both machines. Integers of another machine may differ from this one's by as much as
    this one's do from float32, which `models` has for each output.
    """
    first = next(iter(models))
    runs = [Sessions().example(str(first), seed) for seed in range(MADE_UP_INPUTS)]
    inputs = {name: np.concatenate([run[name] for run in runs]) for name in runs[0]}
    network = study.network(plain.architecture)
    allowed = allowed_elsewhere(network, [inputs[spec.name] for spec in study.space.inputs])
    return packed(inputs, {path: np.maximum(allowed, more) for path, more in models.items()})
