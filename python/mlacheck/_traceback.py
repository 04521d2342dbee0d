"""An exception in one line, for the report."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

# Not its sub-folders: what they hold is somebody's function.
OWN = Path(__file__).parent

MOST_FRAMES = 5
LONGEST_MESSAGE = 400


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length - 3] + "..."


def message_of(error: BaseException) -> str:
    """str(error) in one line; what an exception says of itself is somebody's code, too."""
    try:
        return _cut(" ".join(str(error).split()), LONGEST_MESSAGE)
    except BaseException as another:
        return f"its text cannot be had, which raises {type(another).__name__}"


def leave(leaving: SystemExit) -> NoReturn:
    """As the interpreter does for sys.exit(): a text goes to stderr, and the status is one of a process."""
    code = leaving.code
    if code is None:
        status = 0
    elif isinstance(code, int):
        status = code & 0xFF
    else:
        os.write(2, (message_of(leaving) + "\n").encode("utf-8", "backslashreplace"))
        status = 1
    try:
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):
        pass  # somebody closed or replaced it
    os._exit(status)


def _foreign(error: BaseException) -> list[traceback.FrameSummary]:
    """The places that it came through, those of the bridge left out, the innermost last."""
    return [frame for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).parent != OWN and not frame.filename.startswith("<frozen ")]


def place_of(error: BaseException) -> str:
    """"my_kernels.py:12": the innermost place; empty if there is none."""
    frames = _foreign(error)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def text_of(error: BaseException) -> str:
    """What was raised and where, the innermost place first; frames of the bridge are left out."""
    message = message_of(error)
    text = type(error).__name__ + (f": {message}" if message else "")
    frames = _foreign(error)
    for number, frame in enumerate(reversed(frames[-MOST_FRAMES:])):
        source = f": {_cut(frame.line.strip(), 100)}" if frame.line else ""
        place = f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}{source}"
        text += f"; {'at' if number == 0 else 'called from'} {place}"
    if len(frames) > MOST_FRAMES:
        text += f"; {len(frames) - MOST_FRAMES} more"
    return text
