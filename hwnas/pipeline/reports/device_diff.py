"""Why the same model takes another time on another device, as far as two device cards tell."""

from dataclasses import dataclass

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.document import CardHolder
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import read_limited, unpacked
from hwnas.contracts.places import expanded
from hwnas.devices import open_device

OTHERS_BUSY = "others_busy"
UNKNOWN = {"unknown", "0", "not seen"}
MEANINGS = {  # in the order of how much they tend to change
    "latencies": "one of them is only a table: its figures are as old as it is",
    "processor": "another processor",
    "chip": "another generation of the processor, whatever its name",
    "gpu": "another graphics card",
    "device_type": "another kind of hardware within the provider",
    "provider": "another library runs the nodes",
    "second_provider": "what the provider cannot run stays on its hardware, or goes to the processor",
    "runtime": "another version has other kernels and other fusions",
    "precision": "fewer bits move fewer bytes, and may have faster instructions",
    "batch": "latencies are of that many examples together",
    "threads": "more threads help large operators, and cost small ones",
    "optimization": "less optimisation leaves more nodes to run",
    "governor": "governors other than performance raise clocks late, so short models look slow",
    "turbo": "with turbo a core runs faster while the others rest and the chip is cool",
    "max_khz": "another highest clock",
    "nominal_khz": "another sustained clock",
    "smt": "two threads of one core share its units, so a neighbour's work costs up to a third or more",
    "instructions": "wide or low-precision instructions make matrix products several times faster",
    "cache_l1": "caches decide from which size on weights come from memory",
    "cache_l2": "caches decide from which size on weights come from memory",
    "cache_l3": "caches decide from which size on weights come from memory",
    "virtual_machine": "below a hypervisor others use the same processor unseen, and clocks are hidden",
    "container": "a container may have a share of the processor only",
    "cpu_quota": "a process that has used up its quota waits for the next period",
    "core_kinds": "other kinds of cores, and perhaps another one that the model ran on",
    "cores": "fewer cores leave less room for other work",
    "memory_bytes": "too little memory swaps; otherwise it matters little",
    "system": "another kernel schedules and allocates differently",
    "arena": "without an arena every run asks for its memory anew",
    "spinning": "threads that do not spin wake up late",
    "binding": "inputs and outputs that do not stay in the device's memory are copied, and that is timed",
    "driver": "another driver",
    OTHERS_BUSY: "other work at the time of measuring slows everything",
}


@dataclass(frozen=True)
class Seen:
    """A device card, what it came from, and how busy others kept the machine then, None when that is not known."""

    name: str
    card: DeviceCard
    others_busy: float | None

    def facts(self) -> dict[str, str]:
        """Every field as text; those of the settings stand beside the others."""
        fields = self.card.to_dict()
        settings = {str(name): str(value) for name, value in self.card.settings.items()}
        plain = {name: str(value) for name, value in fields.items() if name != "settings"}
        busy = "unknown" if self.others_busy is None else f"{self.others_busy:.2f}"
        return {**plain, **settings, OTHERS_BUSY: busy}


@dataclass(frozen=True)
class Difference:
    """One field: both values, and what it does to latencies; `known` is whether both cards tell it."""

    field: str
    first: str
    second: str
    meaning: str
    known: bool


def look(text: str) -> Seen:
    """The card of a file (latency table, front, manifest, or a card by itself), or of a device by its string.

    Raises:
        InputError: it is neither.
        DeviceError: the device cannot be reached.
    """
    path = expanded(text)
    if not path.is_file():
        return Seen(text, open_device(text).card(), None)
    try:
        holder = CardHolder.anywhere(unpacked(path, read_limited(path)))
    except ValueError as error:
        raise InputError(
            f"{path} holds no device card ({error}); give a latency table, a manifest or a front."
        ) from error
    return Seen(text, holder.device, holder.others_busy)


def differences(first: Seen, second: Seen) -> list[Difference]:
    """Fields in which the cards differ, what tends to matter most first; the devices' names are none."""
    a, b = first.facts(), second.facts()
    fields = [name for name in {**MEANINGS, **a, **b} if name != "device" and a.get(name) != b.get(name)]
    differing = []
    for name in fields:
        values = a.get(name, "unknown"), b.get(name, "unknown")
        both_known = not UNKNOWN & set(values)
        differing.append(Difference(name, *values, MEANINGS.get(name, "a setting of one of them"), both_known))
    return sorted(differing, key=lambda difference: not difference.known)
