"""The explorer: a full-screen application in the terminal, made with Textual."""

import os

# Textual paints on a beat. A key that comes during a repaint would wait up to two beats for its own, which at 60 per
# second is longer than its repaint takes. A screen on which nothing changes is not painted at all.
os.environ.setdefault("TEXTUAL_FPS", "240")
# A line that slides from tab to tab is painted 18 times, and what a person wants to see waits for it.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
# Textual hands on whatever it is asked for, and Rich knows no other color systems than these.
if os.environ.get("TEXTUAL_COLOR_SYSTEM", "").lower() == "none":
    os.environ["NO_COLOR"] = "1"
if os.environ.get("TEXTUAL_COLOR_SYSTEM") not in (None, "auto", "standard", "256", "truecolor", "windows"):
    del os.environ["TEXTUAL_COLOR_SYSTEM"]
