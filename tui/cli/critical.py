"""`rnn-tui critical`: the value of a setting at which a gradient neither vanishes nor explodes, over several seeds."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Final

from tui.cli import effects, sweep, terminal
from tui.cli.request import BadInputError, request_of

ABOUT: Final = "Find the value of a setting at which the gradient neither vanishes nor explodes, seed by seed."
SEEDS: Final = 20


def options() -> Mapping[str, Any]:
    """What critical has in addition to the settings."""
    from tui.cli import flags

    return {
        "of": flags.text("The setting that is looked for, a number: gain if absent.", "NAME", values=_numbers),
        "horizon": flags.text("Where 1 % is left at this lag; ×1 per step if absent.", "INTEGER"),
        "lowest": flags.text("The lowest value to look at.", "NUMBER"),
        "highest": flags.text("The highest value to look at.", "NUMBER"),
        "seeds": flags.text(f"How many networks, counted from --seed and --data-seed; {SEEDS} if absent.", "INTEGER"),
        "vary": flags.text(
            "What a seed draws: both, weights (the data held) or data (the weights held).",
            "CHOICE",
            values=sweep.kinds_of_seeds,
        ),
        "trained": flags.switch("Train each network first, for --training-steps updates."),
        **sweep.computing(),
        **flags.json(),
    }


def _numbers() -> list[str]:
    from core.settings.experiment import settings

    return [name for name, setting in settings().items() if setting.kind in ("integer", "number")]


def critical(
    *,
    of: str | None = None,
    horizon: str | None = None,
    lowest: str | None = None,
    highest: str | None = None,
    seeds: str | None = None,
    vary: str | None = None,
    trained: bool = False,
    store: str | None = None,
    workers: str | None = None,
    cluster: str | None = None,
    json: bool = False,
    **given: Any,
) -> int:
    """Look for the critical value, and print it with its uncertainty."""
    from core.study.critical import critical as found_by
    from tui.report.critical_document import critical_document
    from tui.report.formats.json import document_json
    from tui.report.formats.text import document_lines

    name = "gain" if of is None else of.replace("-", "_")
    request = request_of(**given)
    told = effects.unused(request, untrained="" if trained else "critical")
    if name in request.flags:
        told.append(f"{effects.flag(name)} has no effect: critical looks for it")
    effects.tell(told)
    meter = terminal.Bar(sys.stderr, "networks")
    with ExitStack() as stack:
        try:
            found = found_by(
                request.experiment,
                name,
                horizon=sweep.whole("horizon", horizon),
                seeds=sweep.whole("seeds", seeds) or SEEDS,
                vary="both" if vary is None else vary,  # type: ignore[arg-type]
                low=_number("lowest", lowest),
                high=_number("highest", highest),
                trained=trained,
                executor=sweep.executor_of(stack, cluster),
                store=sweep.store_of(store),
                workers=sweep.whole("workers", workers),
                progress=meter,
            )
        except ValueError as error:
            raise BadInputError(str(error)) from None
        except KeyboardInterrupt:
            meter.clear()
            if store is not None:
                terminal.tell("interrupted; the same command goes on from there")
            raise
        finally:
            meter.clear()
    document = critical_document(found)
    if json:
        sys.stdout.write(document_json(document))
    else:
        terminal.write_lines(document_lines(document, width=terminal.columns(sys.stdout)))
    return 0 if found.over_seeds.count else sweep.FAILED


def _number(name: str, text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        raise BadInputError(f"{name}: {text!r} was given, allowed is a number") from None
