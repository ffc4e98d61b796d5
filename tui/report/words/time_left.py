"""How long something takes, and how long it will take, judged by how long it has taken so far."""

from __future__ import annotations


def time_left(done: int, total: int, first: int, seconds: float) -> str:
    """`1 min 5 s left`; nothing as long as too little has been done to judge by.

    Args:
        done: How many are done.
        total: How many there are.
        first: How many were done before it began.
        seconds: How long it has taken.
    """
    if done - first < max(1, min(10, total // 20)):  # the first ones wait for processes to start
        return ""
    return f"{duration((total - done) * seconds / (done - first))} left"


def duration(seconds: float) -> str:
    """How long something takes, as a person says it: `5 s`, `1 min 5 s`, `2 h 10 min`."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
