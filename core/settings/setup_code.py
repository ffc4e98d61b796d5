"""A setup as a short code: one line of letters, digits, `-` and `_`, to copy, to send and to type.

A code is the version of its form, `1`, and in base64 with `-` and `_` for `+` and `/`, without `=` at its end:

    checksum, 3 bytes | JSON of what differs from `BASE`, compressed by deflate with the words of `WORDS` known before

What `BASE` says is part of version 1, and so is never changed: a code opens the same settings after a default has
become another. A setting that came later is compared with its own default. What else than settings is in a code, such
as what was looked at, is the caller's; here it is any value of JSON under a key of its own.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from core.settings.experiment import Experiment, InvalidSettingsError
from core.settings.files import shortened

VERSION: Final = "1"
"""The first character of a code that this program writes"""

SETTINGS: Final = "s"
"""The key of the settings that differ from `BASE`"""

TRAINED: Final = "t"
"""The key of how many updates of its training the network has had; 0 where there is none"""

LONGEST: Final = 4000
"""The most characters of a code that is read"""

_MOST_BYTES: Final = 50_000
"""The most bytes that a code may stand for: a short one cannot be made to fill the memory"""

_CHECKED: Final = 3
"""Bytes of the checksum: one of 16 million damaged codes goes unnoticed"""

BASE: Final[Mapping[str, str | int | float]] = {
    "cell": "rnn",
    "hidden_size": 16,
    "layers": 1,
    "activation": "tanh",
    "initializer": "gaussian",
    "input_initializer": "own",
    "output_initializer": "own",
    "gain": 0.9,
    "input_gain": 1.0,
    "bias": 0.0,
    "leak": 1.0,
    "step_size": 0.1,
    "diffusion": 0.1,
    "forget_bias": 1.0,
    "initial_state": 0.0,
    "seed": 5,
    "task": "sunspots",
    "timesteps": 50,
    "batch_size": 1,
    "echo_delay": 1,
    "text_file": "",
    "data": "",
    "inputs": "",
    "targets": "",
    "ahead": 1,
    "stride": 1,
    "scale": "standard",
    "time": "",
    "missing": "drop",
    "held_back": 0.2,
    "fed": "every",
    "data_seed": 0,
    "readout": "identity",
    "scored": "every",
    "optimizer": "adam",
    "learning_rate": 0.003,
    "momentum": 0.9,
    "training_steps": 500,
    "window_state": "fresh",
    "update_every": 0,
    "clip": "none",
    "clip_at": 1.0,
    "k1": 0,
    "k2": 0,
}
"""Setting → the value that a code of version 1 does not say"""

WORDS: Final = (
    "initial_state window_state update_every learning_rate training_steps momentum optimizer sgd rmsprop held_back "
    "missing stride ahead targets inputs text_file echo_delay step_size diffusion antisymmetric forget_bias input_gain "
    "output_initializer input_initializer bidirectional projected mingru deep batch_size noise text table adding echo "
    "copy parity last every scored readout softmax sigmoid identity relu leak bias spectrum theory seeds "
    "training_chart norms dynamics before_all quantity parameter unit hidden input as_table true false grouping gate "
    'layer each curve summed typical lags loss all "tab":"tab-diagnosis tab-question tab-training tab-jacobians '
    'tab-units tab-step tab-map","layers":2,"clip":"norm","clip_at":"k1":"k2":"data_seed":1,"initializer":"orthogonal",'
    '"activation":"cell":"lstm","gru","task":"timesteps":100,"hidden_size":32,"seed":0,"gain":1.2,"t":0,"v":{"c":-1,"s":{'
)
"""What the compression knows before it begins, the likeliest last; a part of version 1"""


def encoded(record: Mapping[str, Any]) -> str:
    """A record as a code.

    Args:
        record: Values of JSON by their keys, at most some thousand characters of them.

    Raises:
        ValueError: the code would be longer than `LONGEST`.

    Runnable example:

        >>> decoded(encoded({"t": 3}))
        {'t': 3}
    """
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False, sort_keys=True, allow_nan=False)
    packer = zlib.compressobj(level=9, wbits=-15, zdict=WORDS.encode())
    packed = packer.compress(text.encode()) + packer.flush()
    code = VERSION + _letters(_checksum(packed) + packed)
    if len(code) > LONGEST:
        raise ValueError(f"the code would have {len(code):,} characters, allowed are {LONGEST:,}; save a file instead")
    return code


def decoded(code: str) -> dict[str, Any]:
    """The record of a code; white space in it, as a mail puts into a long line, is passed over.

    Raises:
        ValueError: the code is damaged, or of a newer version; one sentence.
    """
    text = "".join(code.split())
    if not text:
        raise ValueError("no code was given; Y in the explorer copies one")
    if text[0] != VERSION:
        raise ValueError(
            f"a code that begins with {text[0]!r} was given, and this version reads those that begin with "
            f"{VERSION}; it is damaged, or from a newer version of the program, which opens it"
        )
    if len(text) > LONGEST:
        raise ValueError(f"the code has {len(text):,} characters, allowed are {LONGEST:,}")
    try:
        data = base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True)
        packed = data[_CHECKED:]
        if len(data) < _CHECKED or data[:_CHECKED] != _checksum(packed) or _letters(data) != text[1:]:
            raise ValueError("another checksum")
        unpacker = zlib.decompressobj(wbits=-15, zdict=WORDS.encode())
        found = json.loads(unpacker.decompress(packed, _MOST_BYTES).decode())
        if not isinstance(found, dict) or not unpacker.eof:
            raise ValueError("no record")
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        raise ValueError(
            f"the code {shortened(text)} is damaged: a part of it is missing, or not as it was; copy it once more"
        ) from None
    return found


def _letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _checksum(packed: bytes) -> bytes:
    return zlib.crc32(VERSION.encode() + packed).to_bytes(4, "big")[-_CHECKED:]


def settings_record(experiment: Experiment | Mapping[str, Any]) -> dict[str, Any]:
    """What a code says of settings: those that differ from `BASE`, or, where they came later, from their default."""
    values = experiment.model_dump() if isinstance(experiment, Experiment) else experiment
    fields = Experiment.model_fields
    usual = {name: BASE.get(name, field.default) for name, field in fields.items()}
    return {name: value for name, value in values.items() if name in usual and value != usual[name]}


def experiment_of(record: Mapping[str, Any]) -> Experiment:
    """The settings of a code's record.

    Raises:
        ValueError: this version does not know one of them, or does not allow its value; one sentence.
    """
    own = record.get(SETTINGS, {})
    if not isinstance(own, dict):
        raise ValueError("the code has no table of settings; it is of another program or a newer version")
    try:
        return Experiment(**{**BASE, **own})
    except InvalidSettingsError as error:
        raise ValueError(f"the code has settings that this version of the program does not allow: {error}") from None


def setup_code(experiment: Experiment | Mapping[str, Any], *, trained: int = 0) -> str:
    """The code of settings, which `rnn-tui --setup CODE` opens; empty where they are too long for one.

    Args:
        experiment: The settings, or all of them by name.
        trained: After how many updates of its training the network is meant.

    Runnable example:

        >>> experiment = Experiment(cell="lstm", gain=1.2)
        >>> experiment_of(decoded(setup_code(experiment))) == experiment
        True
    """
    own = settings_record(experiment)
    try:
        return encoded({**({SETTINGS: own} if own else {}), **({TRAINED: trained} if trained else {})})
    except ValueError:
        return ""
