"""What each claim asks of its figures: met, not met, or why there is no threshold.

A result's ``met`` is worked out here from the figures that are stored with it, so that anybody can work it out again.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Figures = Mapping[str, Any]
HELD_ERROR, HELD_TAU = 0.03, 0.95  # of a table from a busy machine, against an idle one
PART = 1e-3  # of the spread of outputs: float32 arithmetic, and nothing that was mixed up
ORDER_TAU, HALF_A_POINT = 0.95, 0.005
HALF_A_DECIMAL = 5e-5  # of sums that were published with four decimals


def met(name: str, figures: Figures) -> bool | str:
    """Whether the claim holds for these figures of ``results/<name>.json``; a reason where that cannot be said."""
    benchmark = max((key for key in THRESHOLDS if name.startswith(key)), key=len)
    asked = THRESHOLDS[benchmark]
    if isinstance(asked, str):
        return asked
    try:
        return bool(asked(figures))
    except KeyError as missing:  # of a benchmark that stores each run when it is done
        return f"runs are missing: {missing.args[0]}"


def _arm64_emulation(figures: Figures) -> bool:
    return figures["every_model_timed_once_per_round"] and figures["same_class"] == 1


def _between_sessions(figures: Figures) -> bool:
    apart = [figures[way]["mean_difference"] for way in ("straightened", "pairwise_means", "median")]
    return apart[0] < apart[1] < apart[2]


def _bits(figures: Figures) -> bool:
    """More on every seed."""
    joint, *others = (figures["hypervolume"][way] for way in ("joint", "two_stage", "all_int8", "all_float32"))
    return all(own > value for other in others for own, value in zip(joint, other, strict=True))


def _int8_rounding(figures: Figures) -> bool:
    return figures["kendall_tau"] >= ORDER_TAU


def _bits_speedup(figures: Figures) -> bool:
    ways = figures["ways"]
    lost = ways["original"]["accuracy"] - ways["joint"]["accuracy"]
    return ways["joint"]["times_as_fast"] >= 4 and lost <= HALF_A_POINT


def _healing_recipes(figures: Figures) -> bool:
    return all(
        found[figures["without_more_words"][name]] >= max(found[way] for way in found if ", " in way) - HALF_A_POINT
        for name, found in figures["accuracies"].items()
    )


def _healing_time(figures: Figures) -> bool:
    return all(found["times_as_long"] <= 0.8 for found in figures["networks"].values())


def _busy_machine(figures: Figures) -> bool:
    """Refused or near, with precedence and without; without memory near but for what all share, and not stable."""

    def held(found: Figures, error: str = "mean_error") -> bool:
        near = found[error] <= HELD_ERROR and found["kendall_tau"] >= HELD_TAU
        return found["verdict"] == "unusable" or near

    without_memory = figures.get("busy_without_memory")  # earlier results have none
    said = not without_memory or (
        held(without_memory, "mean_error_of_ratios") and without_memory["verdict"] != "stable"
    )
    return held(figures["busy"]) and held(figures["busy_without_precedence"]) and said


def _compiled_training(figures: Figures) -> bool:
    return all(figures[name]["times_as_fast"] >= 1.1 for name in ("largest", "middle", "smallest"))


def _kept_memory(figures: Figures) -> bool:
    return figures["training"]["times_as_long"] <= 0.9


def _demo_time(figures: Figures) -> bool:
    return figures["median_seconds"]["whole_process"] < figures["target_seconds"]


def _elastic_structures(figures: Figures) -> bool:
    return all(row["largest_bit_for_bit"] and row["others_off_by"] < PART for row in figures["networks"].values())


def _elastic_groups(figures: Figures) -> bool:
    """Where a library left out something else, what it made computes something else, or does not run."""
    libraries = [[row[name] for row in figures["networks"].values()] for name in ("torch_pruning", "kirigami")]
    off = [differ["theirs_off_by"] for rows in libraries for row in rows for differ in row["differ"].values()]
    return all(any(row["alike"] for row in rows) for rows in libraries) and all(o is None or o > PART for o in off)


def _export_time(figures: Figures) -> bool:
    in_time = figures["ours"]["median_wall_seconds"] <= figures["target_seconds"]
    return in_time and figures["networks_with_the_same_operators"] == 1


def _first_model_time(figures: Figures) -> bool:
    return figures["seconds"]["all"] <= figures["target_seconds"] and figures["parity_examples"] > 0


def _hat_transformers(figures: Figures) -> bool:
    return all(found["met"] or found["forbidden"] for found in figures["sets"].values())


def _imported_tables(figures: Figures) -> bool:
    """Sums differ by no more than rounding, rows not at all."""
    tables = (figures["hat"], figures["nasbench201"])
    rows = all(table.get("largest_relative_difference", np.inf) < 1e-9 for table in tables)
    return rows and figures["once_for_all"]["largest_difference_ms"] <= HALF_A_DECIMAL


def _latency_prediction(figures: Figures) -> bool:
    means = {name: spread["mean"] for name, spread in figures["twenty_splits"].items()}
    near = means["mean_error"] <= 0.015 and means["p95_error"] <= 0.04 and means["kendall_tau"] >= 0.95
    return near and 0.93 <= means["interval_coverage"] <= 0.97


def _levels(figures: Figures) -> bool:
    return all(0.93 <= (space["inside"] or 0) <= 0.97 for space in figures["spaces"])


def _loading_anew(figures: Figures) -> bool:
    """What lasts is more between loadings than within one, whatever a model is compared with."""
    anew, kept = figures["loaded_anew"], figures["kept"]
    return all(kept[beside]["of_a_model"] < anew[beside]["of_a_model"] for beside in anew)


def _streaming(figures: Figures) -> bool:
    """And something was learnt, so it was the images that came."""
    return (
        figures["images"] >= 200_000 and figures["added_mb"] <= figures["target_added_mb"] and figures["accuracy"] > 0.5
    )


def _mutants(figures: Figures) -> bool:
    return figures["killed_share"] >= 0.9


def _of_every_device(figures: Figures) -> bool:
    """Where the claim is made of a device, it was met."""
    return all(device["met"] for device in figures["devices"].values() if "met" in device)


def _predictor_public_tables(figures: Figures) -> bool:
    def near(device: Figures) -> bool:
        ours, theirs = device["default"], device["ceiling"]
        ranks = ours["spearman"] >= theirs["spearman"] - 0.005
        return ranks and ours["within_10_percent"] >= theirs["within_10_percent"] - 0.03

    return all(near(device) for device in figures["devices"].values())


def _predictor_throughput(figures: Figures) -> bool:
    return all(kind["per_second"] >= 100_000 for space in figures["spaces"].values() for kind in space.values())


def _profile_time(figures: Figures) -> bool:
    return figures["seconds"] < figures["limit_seconds"]


def _promises_kept(figures: Figures) -> bool:
    """Of those that could be checked, by the whole interval."""
    return figures["kept_by_whole_interval"] >= 0.99


def _search_predecessors(figures: Figures) -> bool:
    """By the means over seeds, `surrogate` is earlier where each predecessor ends, on every task."""

    def means(rows: Mapping[str, Mapping[str, float]]) -> dict[int, float]:
        marks = [int(key) for key in next(iter(rows.values())) if key.isdigit()]
        return {mark: float(np.mean([row[str(mark)] for row in rows.values() if str(mark) in row])) for mark in marks}

    def earlier(methods: Mapping[str, Any]) -> bool:
        ours = means(methods["surrogate"])
        others = [means(rows) for name, rows in methods.items() if name.startswith(("dynast", "pymoo", "botorch"))]
        return all(any(ours[m] >= end[max(end)] for m in ours if m < max(end)) for end in others)

    return all(earlier(methods) for methods in figures["runs"].values())


def _search_speed(figures: Figures) -> bool:
    in_each_space = [
        *figures["ms_for_each_proposal_by_objectives"].values(),
        *figures["ms_for_each_proposal_in_a_listed_space_by_objectives"].values(),
    ]
    beside = figures.get("ms_for_each_proposal_beside_a_busy_process")  # earlier results have none
    times = [*in_each_space, *([beside["as_it_is"]] if beside else [])]
    judged = float(np.median(figures["candidates_per_second_on_one_core"]))
    return all(float(np.median(ms)) < 50 for ms in times) and judged >= 100_000


def _search_targets(figures: Figures) -> bool:
    def earlier(task: str) -> bool:
        ours, target = figures["summary"][task], figures["summary"][f"{task}_nsga2"]["3000"]
        return any(ours[mark] >= target for mark in ours if mark.isdigit() and int(mark) <= 250)

    return all(earlier(task) for task in ("ofa_note10", "ofa_macs"))


def _search_warm_start(figures: Figures) -> bool:
    """From the archive it is ahead by the mean over seeds, however many evaluations are counted."""
    cold, warm = figures["means"]["cold"], figures["means"]["archive"]
    return all(warm[mark] > cold[mark] for mark in cold)


def _training_first(figures: Figures) -> bool:
    """At least as accurate as both ways that train first; how sure that is, their intervals tell."""
    ways = figures["ways"]
    ours = ways["search_first"]
    others = [ways["train_first"], ways["train_first_healed"]]
    return all(ours["accuracy"] >= other["accuracy"] for other in others)


def _training_step(figures: Figures) -> bool:
    single = all(figures[size]["ratio"] <= 1.05 for size in ("largest", "middle", "smallest"))
    return single and figures["sandwich"]["static_steps"] <= 4.1


def _public_supernets(figures: Figures) -> bool:
    """As known of the one supernet: 0.48 over all, and -0.22 among the best, of how many is not."""
    one = figures["supernets"]["one"]
    return round(one["tau"], 2) == 0.48 and abs(one["tau_best_tenth"] + 0.22) < 0.02


def _shrink_peers(figures: Figures) -> bool:
    """As fast as asked for, near the original, and ahead of every pruner: in float32, with INT8, or both."""
    ways, score = figures["ways"], figures.get("figure", "accuracy")
    pruners = {"l2", "taylor", "fastnas"}  # of which some results lack a few
    kinds = {"hwnas": pruners, "hwnas_bits": pruners | {"l2_int8", "taylor_int8"}}

    def leads(name: str) -> bool:
        ours = ways[name]
        near = ours["speedup"] >= figures["speedup"] and ours[score] >= ways["original"][score] - 0.005
        return near and all(ours[score] > ways[peer][score] for peer in kinds[name] & ways.keys())

    ours = kinds.keys() & ways.keys()
    return bool(ours) and all(map(leads, ours))


def _on_accelerator(figures: Figures) -> bool:
    """Updates within a twentieth after six steps (TF32 rounds to ten bits), figures within a point, all finite."""
    training, judging = figures["training"], figures["judging"].values()
    off = [training[name] for name in training if name.startswith("update_off")]
    near = all(abs(found["processor"] - found["accelerator"]) <= 0.01 for found in judging)
    return max(off) <= 0.05 and near and all(found["finite"] for found in figures["precisions"].values())


THRESHOLDS: Mapping[str, str | Callable[[Figures], bool]] = {
    "arm64_emulation": _arm64_emulation,
    "between_sessions": _between_sessions,
    "bits": _bits,
    "bits_speedup": _bits_speedup,
    "busy_machine": _busy_machine,
    "compare_micro_bench": "a comparison: no strategy is claimed to win",
    "compiled_training": _compiled_training,
    "demo_time": _demo_time,
    "elastic_groups": _elastic_groups,
    "elastic_real": _elastic_structures,
    "elastic_structures": _elastic_structures,
    "export_time": _export_time,
    "first_model_time": _first_model_time,
    "hat_transformers": _hat_transformers,
    "healing_recipes": _healing_recipes,
    "healing_time": _healing_time,
    "imported_tables": _imported_tables,
    "int8_recovery": "what each way brings to each network, which is what it tells",
    "int8_rounding": _int8_rounding,
    "int8_transformer": "what INT8 costs by what is put into integers, which is what it tells",
    "kept_memory": _kept_memory,
    "latency_prediction": _latency_prediction,
    "levels": _levels,
    "int8_by_network": "INT8 is faster for some networks and slower for others, which is what it tells",
    "loading_anew": _loading_anew,
    "make_alone": "the claims of training methods are tested on it",
    "make_micro_truth": "the claims of training methods are tested on it",
    "mutants": _mutants,
    "next_timings": _of_every_device,
    "on_accelerator": _on_accelerator,
    "predictor_public_tables": _predictor_public_tables,
    "predictor_throughput": _predictor_throughput,
    "profile_time": _profile_time,
    "promises_kept": _promises_kept,
    "public_supernets": _public_supernets,
    "search_predecessors": _search_predecessors,
    "search_speed": _search_speed,
    "search_targets": _search_targets,
    "search_warm_start": _search_warm_start,
    "shrink_peers": _shrink_peers,
    "smaller_unet": "each control has a verdict of its own: see training_methods.md",
    "streaming": _streaming,
    "strategy_verdicts": "each method has a verdict of its own: see strategy_verdicts.md",
    "supernet_quality": "the claim says nearly, and by how many points is the result",
    "task_streams": "each control has a verdict of its own: see training_methods.md",
    "training_methods": "each method has a verdict of its own: see training_methods.md",
    "training_first": _training_first,
    "training_step": _training_step,
    "transfer_public_tables": _of_every_device,
    "zero_cost_scores": "the claim asks how well they rank, and names no least correlation",
}
