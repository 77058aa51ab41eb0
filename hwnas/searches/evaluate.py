"""Calling an evaluate function that others wrote, so that whatever it does becomes one result per trial.

It may return a list or yield answers one by one; what was answered is handed on at once, so that it can be
stored before the next is begun. One that has a parameter called ``trials`` is handed the trials too: there it finds
the fidelity that is asked for, and the number of the repeat. A figure called ``curve`` becomes the result's curve.
"""

import inspect
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized

from hwnas.contracts.errors import HwnasError
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result, Trial

Evaluate = Callable[..., Iterable[Mapping[str, float]]]
"""``evaluate(architectures)`` or ``evaluate(architectures, trials=trials)``: a dict of figures for each, in order."""


def evaluated(
    evaluate: Evaluate, trials: Sequence[Trial], objectives: Sequence[Objective], provenance: Mapping[str, str]
) -> Iterator[Result]:
    """One result per trial, in order, failures included.

    When a call on several fails as a whole, each is asked for alone, to find the one at fault. Errors that hwnas
    itself raises (no device, no disk) are nobody's failure and go through.
    """
    pending, informed = list(trials), _takes_trials(evaluate)
    while pending:
        began = time.perf_counter()
        try:
            architectures = [trial.architecture for trial in pending]
            given = evaluate(architectures, trials=list(pending)) if informed else evaluate(architectures)
            answers = iter(_no_more_than(given, len(pending)))
        except HwnasError:
            raise
        except Exception as error:  # noqa: BLE001  whatever another's code raises
            if len(pending) > 1:
                for trial in pending:
                    yield from evaluated(evaluate, [trial], objectives, provenance)
                return
            yield _failure(pending.pop(0), _in_words(error), began, provenance)
            continue
        while pending:
            try:
                figures = next(answers)
            except StopIteration:
                yield _failure(pending.pop(0), "evaluate gave no answer for it", began, provenance)
            except HwnasError:
                raise
            except Exception as error:  # noqa: BLE001  whatever another's code raises
                yield _failure(pending.pop(0), _in_words(error), began, provenance)
                break  # a generator that raised is finished; ask anew for the rest
            else:
                yield _result(pending.pop(0), figures, objectives, began, provenance)
            began = time.perf_counter()


def _no_more_than(answers: Iterable[Mapping[str, float]], count: int) -> Iterable[Mapping[str, float]]:
    """The same; of answers to other questions nobody knows which belong to these.

    Raises:
        ValueError: there are more.
    """
    if isinstance(answers, Sized) and not isinstance(answers, Mapping) and len(answers) > count:
        raise ValueError(f"evaluate gave {len(answers)} answers where {count} were asked for")
    return answers


def _result(
    trial: Trial, answer: object, objectives: Sequence[Objective], began: float, provenance: Mapping[str, str]
) -> Result:
    if not isinstance(answer, Mapping):
        return _failure(trial, f"evaluate gave {type(answer).__name__} instead of a dict", began, provenance)
    try:
        curve = tuple(float(value) for value in answer.get("curve", ()))
        figures = {str(name): float(value) for name, value in answer.items() if name != "curve"}
        for o in objectives:
            if o.exact is not None:
                figures[o.name] = float(o.exact(trial.architecture))
    except (TypeError, ValueError) as error:
        return _failure(trial, _in_words(error), began, provenance)
    missing = [o.name for o in objectives if o.name not in figures]
    if missing:
        return _failure(trial, f"evaluate gave no {missing[0]}", began, provenance)
    broken = [name for name, value in figures.items() if not math.isfinite(value)]
    if broken:
        return _failure(trial, f"{broken[0]} is {figures[broken[0]]}", began, provenance)
    seconds = time.perf_counter() - began
    return Result(trial, figures, cost_seconds=seconds, curve=curve, provenance=provenance)


def _takes_trials(evaluate: Evaluate) -> bool:
    try:
        return "trials" in inspect.signature(evaluate).parameters
    except (TypeError, ValueError):  # some built-in callables have no signature
        return False


def _failure(trial: Trial, error: str, began: float, provenance: Mapping[str, str]) -> Result:
    return Result(trial, {}, cost_seconds=time.perf_counter() - began, error=error, provenance=provenance)


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
