"""Does a model keep its budget on a device, now?"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

from hwnas.contracts.device import Device, DeviceCard
from hwnas.contracts.errors import DeviceError, HwnasError, InputError
from hwnas.contracts.level import Level
from hwnas.contracts.printable import printable
from hwnas.devices import open_device
from hwnas.devices._wrapped import not_finite_of
from hwnas.export import manifest as manifests
from hwnas.export.settled import read_values, settled
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.estimate import MAX_OVERHEAD, Latency, in_next_session, other_session
from hwnas.profiling.moment import Moment, time_calmly
from hwnas.profiling.presets import find_preset
from hwnas.profiling.promise import refuse_the_machine
from hwnas.profiling.stopwatch import Profile

TIMING = "timing it"
SLOWER = 1.02  # that a ratio's interval must be beyond: see benchmarks/loading_anew.py for what loading alone can do


@dataclass(frozen=True)
class Comparison:
    """How many times as long as the baseline a model takes, both timed in turns, with a 95 % interval."""

    model: str
    ratio: float
    ratio_interval: tuple[float, float]


@dataclass(frozen=True)
class Checked:
    """What came of a check.

    Args:
        model: its file.
        device: the device card.
        budget_ms: what was allowed.
        latency_ms: what it takes at the device's baseline speed.
        latency_ms_interval: 95 %, of this check; the whole of it must be within the budget.
        over_ms: by how much its upper end is beyond the budget, at least 0.
        kept: whether nothing is broken.
        broken: one sentence per broken promise.
        verified: the manifest's hash fits; None without a manifest.
        verdict: how far the timing can be trusted, in one word.
        advice: the same in a sentence.
        slower: times slower than that the device was, as far as is remembered; else 1.
        baseline: the comparison with the baseline, None without one.
        level: what is known of the device's own speed, that of this check included.
        next_session_ms_interval: where 95 % of another session's timings are, as far as the level tells.
        unseen: why its outputs could not be looked at, None where they were.
        shapes: of its inputs, by name, as it was run.
        inputs: the file they were taken from, None where they were drawn at random.
        wall_ms: what it took by the clock, where that differs from the processor's time that `latency_ms` is of.
    """

    model: str
    device: dict[str, object]
    budget_ms: float
    latency_ms: float
    latency_ms_interval: tuple[float, float]
    over_ms: float
    kept: bool
    broken: tuple[str, ...]
    verified: bool | None
    verdict: str
    advice: str
    slower: float = 1.0
    baseline: Comparison | None = None
    unseen: str | None = None
    level: Level = field(default_factory=Level)
    next_session_ms_interval: tuple[float, float] | None = None
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    inputs: str | None = None
    wall_ms: float | None = None

    def to_dict(self) -> dict[str, object]:
        """Plain JSON-able fields."""
        return asdict(self)

    def shapes_in_words(self) -> str:
        """Such as ``x 1x3x224x224``; empty where the file does not tell."""
        return ", ".join(f"{name} {'x'.join(map(str, shape)) or 'scalar'}" for name, shape in self.shapes.items())


def check_model(
    path: Path,
    device: str | Device,
    budget_ms: float,
    preset: str,
    baseline: Path | None = None,
    *,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    inputs: Path | None = None,
    progress: Progress = lambda *_: None,
) -> Checked:
    """Time `path`, with itself as reference, or with `baseline`, which it then must not be slower than.

    Its outputs are looked at on the device, or, where that cannot tell, on this machine's processor.

    Args:
        shapes: of inputs whose sizes the file leaves open, by name; for the only one the name may be empty.
        inputs: what to feed it, an ``.npz`` (or ``.npy`` for one input), where it takes no random numbers.
        progress: told of every timing.

    Raises:
        InputError: there is no such file, it is no model or not the one its manifest speaks of, or more than its batch
            is open.
        DeviceError: the device fails or refuses it, the timing is unusable, or less processor time is granted than it
            needs, so that nothing can be told.
    """
    fits = verified(path)
    if baseline is not None:
        verified(baseline)
    target = open_device(device) if isinstance(device, str) else device
    refuse_quota(target.card())
    values = None if inputs is None else read_values(inputs)
    with settled(path, shapes, values) as (file, sizes), ExitStack() as stack:
        if values is not None:
            refuse_own_inputs(target, file)
        other = None if baseline is None else stack.enter_context(settled(baseline, shapes, values))[0]
        checked = _timed(path, file, target, budget_ms, preset, baseline, other, progress)
    return replace(checked, verified=fits, shapes=sizes, inputs=None if inputs is None else str(inputs))


def _timed(
    path: Path, file: Path, target: Device, budget_ms: float, preset: str, baseline: Path | None, other: Path | None,
    progress: Progress,
) -> Checked:  # fmt: skip
    """The check of `path` by timing `file`, and `other` for the baseline."""

    def tells(moment: Moment) -> bool:
        """Calm or not, the model keeps the budget as it is seen, or not even when scaled to the idle device."""
        return moment.seen.high_ms <= budget_ms or moment.at_baseline.high_ms > budget_ms

    moment = time_calmly(
        target, file, other or file, find_preset(preset), tells=tells,
        progress=lambda done, total: progress(TIMING, done, total),
    )  # fmt: skip
    profile, latency = moment.profile, moment.at_baseline
    if not (moment.calm or tells(moment)):
        raise DeviceError(
            f"{path} takes {moment.seen.latency_ms:.3g} ms now, but the device is {moment.slower:.2f} times slower "
            f"than at its baseline speed, where that would be {latency.latency_ms:.3g} ms, within the budget of "
            f"{budget_ms:g} ms; stop other work and check again."
        )
    over_ms = max(0.0, latency.high_ms - budget_ms)
    comparison = None if baseline is None else _compare(profile, baseline)
    broken = []
    if over_ms > 0:
        broken.append(f"{path} is over its budget of {budget_ms:g} ms by {over_ms:.3g} ms (upper end of its interval).")
    if comparison is not None and comparison.ratio_interval[0] > SLOWER:
        broken.append(
            f"{path} takes at least {comparison.ratio_interval[0]:.3f} times as long as {baseline} "
            f"({SLOWER:g} is allowed, for noise)."
        )
    if broken:
        ratio = 0.0 if comparison is None else comparison.ratio_interval[0] / SLOWER
        refuse_the_machine(profile, path, max(latency.low_ms / budget_ms, ratio))
    strange, unseen = _not_finite(target, file)
    broken += [
        f"{path} gives values that are not finite in {name!r} for the inputs it was timed with." for name in strange
    ]
    if not broken and profile.verdict.state == "unusable":
        raise DeviceError(f"Whether {path} keeps its budget cannot be told: {profile.verdict.advice}")
    waiting = profile.scale.waiting
    return Checked(
        str(path), target.card().to_dict(), budget_ms, latency.latency_ms, (latency.low_ms, latency.high_ms), over_ms,
        not broken, tuple(broken), None, profile.verdict.state, profile.verdict.advice,
        moment.slower, comparison, unseen, moment.level, _next_session(latency, moment.level),
        wall_ms=moment.seen.latency_ms * waiting if waiting > MAX_OVERHEAD else None,
    )  # fmt: skip


def refuse_quota(card: DeviceCard) -> None:
    """Is less processor time granted than the threads use, so that a model stands still for a part of every period?

    Raises:
        DeviceError: it is.
    """
    granted = float(card.settings.get("cpu_quota", "inf"))
    if granted < card.threads:
        raise DeviceError(
            f"A control group grants {card.device} {granted:g} processors' time, less than the {card.threads} that it "
            "runs on, so how long a model takes there cannot be told; raise the limit, or check elsewhere."
        )


def refuse_own_inputs(device: Device, file: Path) -> None:
    """Can a device not be given inputs?

    Raises:
        DeviceError: it cannot.
    """
    try:
        not_finite_of(device, file)
    except DeviceError as error:
        raise DeviceError(f"Inputs cannot be given there: {error}") from error


def junit_xml(checks: Sequence[Checked]) -> str:
    """Checks as a JUnit file of one test case each, which fails with every broken promise."""
    return _suite(list(map(_case, checks)), failures=sum(not check.kept for check in checks))


def _case(check: Checked) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=str(check.device["device"]),
        name=check.model,
        time=f"{check.latency_ms / 1000:.6f}",
    )
    for sentence in check.broken:
        ElementTree.SubElement(case, "failure", message=sentence, type="promise")
    output = f"latency_ms={check.latency_ms:.6g} interval={check.latency_ms_interval} budget_ms={check.budget_ms:g}"
    wall = f"wall_ms={check.wall_ms:.6g}" if check.wall_ms else None
    shapes = f"shapes: {check.shapes_in_words()}" if check.shapes else None
    said = [output, wall, shapes, f"{check.verdict}: {check.advice}", check.level.words(), check.unseen]
    ElementTree.SubElement(case, "system-out").text = "\n".join(filter(None, said))
    return case


def junit_of_error(path: Path, device: str, error: Exception, before: Sequence[Checked] = ()) -> str:
    """A check that came to no answer, as a JUnit file of a test case with that error, after those `before` it."""
    case = ElementTree.Element("testcase", classname=device, name=str(path))
    kind = "device" if isinstance(error, DeviceError) else "input" if isinstance(error, HwnasError) else "internal"
    ElementTree.SubElement(case, "error", message=str(error) or type(error).__name__, type=kind)
    return _suite([*map(_case, before), case], failures=sum(not check.kept for check in before), errors=1)


def _suite(cases: Sequence[ElementTree.Element], *, failures: int = 0, errors: int = 0) -> str:
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": str(errors), "skipped": "0"}
    suite = ElementTree.Element("testsuite", {"name": "hwnas check", **counts})
    suite.extend(cases)
    return printable(ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)) + "\n"


def verified(path: Path) -> bool | None:
    """Whether the manifest's hash fits, None without a manifest.

    Raises:
        InputError: there is no model, or it is not the one its manifest speaks of.
    """
    if not path.is_file():
        raise InputError(f"No model at {path}: expected an ONNX file; check the path.")
    if not manifests.manifest_path(path).is_file():
        return None
    manifests.verify(path)
    return True


def _next_session(latency: Latency, level: Level) -> tuple[float, float]:
    expected = in_next_session(other_session(latency), level)
    return expected.low_ms, expected.high_ms


def _compare(profile: Profile, baseline: Path) -> Comparison:
    latency, scale_ms = profile.latencies[0], profile.scale.reference_ms
    interval = (latency.low_ms / scale_ms, latency.high_ms / scale_ms)
    return Comparison(str(baseline), latency.latency_ms / scale_ms, interval)


def _not_finite(device: Device, path: Path) -> tuple[list[str], str | None]:
    """Names of outputs with NaN or infinity, and why they could not be looked at."""
    try:
        return not_finite_of(device, path), None
    except DeviceError:  # it has timed the model, so this machine's processor may do for the rest
        pass
    try:
        return not_finite_of(open_device("cpu"), path), None
    except DeviceError as error:
        return [], f"Whether its outputs are finite is not known: {error}"
