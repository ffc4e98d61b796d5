"""Sound from .wav files (PCM of 8, 16, 24 or 32 bits) as columns, one for each channel, from −1 to 1."""

from __future__ import annotations

import io
import wave

import numpy as np

from core.tasks.table.columns import Column, column_of


def read_wav(content: bytes) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """The channels of a sound, and how many samples a second it has.

    Raises:
        ValueError: it is damaged, empty or not PCM; a sentence that follows `FILE `.
    """
    try:
        with wave.open(io.BytesIO(content)) as sound:
            channels, width, rate = sound.getnchannels(), sound.getsampwidth(), sound.getframerate()
            frames = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:
        raise ValueError(f"cannot be read as sound ({error or 'it is cut off'}); save it as PCM of 16 bits") from None
    if width not in (1, 2, 3, 4):
        raise ValueError(f"has samples of {8 * width} bits; save it as PCM of 16 bits")
    size = channels * width
    raw = np.frombuffer(frames[: len(frames) // size * size], dtype=np.uint8).reshape(-1, width)
    if not raw.size:
        raise ValueError("holds no sample; give a sound that is not empty")
    if width == 1:
        values = (raw[:, 0].astype(np.float64) - 128.0) / 128.0
    else:
        filled = np.zeros((len(raw), 4), dtype=np.uint8)
        filled[:, 4 - width :] = raw
        values = filled.view("<i4")[:, 0] / 2.0**31
    values = values.reshape(-1, channels)
    names = ["sound"] if channels == 1 else ["left", "right"] if channels == 2 else None
    columns = tuple(
        column_of(
            names[i] if names else f"channel {i + 1}",
            values[:, i].copy(),
            np.zeros(len(values), dtype=np.int32),
            (),
        )
        for i in range(channels)
    )
    return columns, (f"{rate:,} samples a second",)
