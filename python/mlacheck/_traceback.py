"""An exception in one line, for the report."""

from __future__ import annotations

import traceback
from pathlib import Path

# Not its sub-folders: what they hold is somebody's function.
OWN = Path(__file__).parent

MOST_FRAMES = 5
LONGEST_MESSAGE = 400


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length - 3] + "..."


def text_of(error: BaseException) -> str:
    """What was raised and where, the innermost place first; frames of the bridge are left out."""
    message = _cut(" ".join(str(error).split()), LONGEST_MESSAGE)
    text = type(error).__name__ + (f": {message}" if message else "")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if Path(frame.filename).parent != OWN]
    for number, frame in enumerate(reversed(frames[-MOST_FRAMES:])):
        source = f": {_cut(frame.line.strip(), 100)}" if frame.line else ""
        place = f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}{source}"
        text += f"; {'at' if number == 0 else 'called from'} {place}"
    if len(frames) > MOST_FRAMES:
        text += f"; {len(frames) - MOST_FRAMES} more"
    return text
