"""The worker process: imports the subjects, and leaves the rest to the harness in libmlacheck_worker.so.

The program starts it: main([LIBRARY, "worker" or "describe", "--socket", N, "--post-mortem", N, "--subject",
PATH, ...])."""

from __future__ import annotations

import argparse
import ctypes
import faulthandler
import os
import signal
import sys
from typing import Any, Optional

from mlacheck import _abi, _import, _table, _traceback
from mlacheck._declare import Declaration
from mlacheck._errors import DeclarationError

INTERPRETER = "mlacheck.amd"


def _interprets(declaration: Declaration) -> bool:
    """Whether the module of a function holds the interpreter, or something of it."""
    names = vars(sys.modules[declaration.module]).values() if declaration.module in sys.modules else ()
    return any(INTERPRETER in (getattr(name, "__name__", None), getattr(name, "__module__", None)) for name in names)


class Importer:
    """Answers the harness, which asks for each path when it is ready to blame the path for what happens."""

    def __init__(self, library: Any) -> None:
        self._tables = _table.Tables(library)
        self._note = ctypes.create_string_buffer(1)

    def _say(self, note: Any, text: str) -> None:
        self._note = ctypes.create_string_buffer(text.encode("utf-8", "backslashreplace"))
        note[0] = ctypes.cast(self._note, ctypes.c_char_p)

    def __call__(self, path: bytes, note: Any) -> Optional[int]:
        interpreter_known = INTERPRETER in sys.modules
        try:
            found = _import.declarations_at(os.fsdecode(path))
            plugin = self._tables.plugin(found)
            # No reader of a report may take the host's interpreter for an AMD GPU.
            if (INTERPRETER in sys.modules and not interpreter_known) or any(map(_interprets, found)):
                self._say(note, "AMD machine code, interpreted")
            return plugin
        except (_import.ImportRefused, DeclarationError) as error:
            text = str(error)
        except SystemExit as leaving:
            _traceback.leave(leaving)
        except BaseException as error:
            text = f"cannot be imported: {_traceback.text_of(error)}"
        self._say(note, text)
        return None


def strings(words: list[str]) -> Any:
    """An array of char*."""
    return (ctypes.c_char_p * len(words))(*(os.fsencode(word) for word in words))


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("task", choices=("worker", "describe"))
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--post-mortem", type=int, required=True)
    parser.add_argument("--subject", action="append", default=[])
    parser.add_argument("--piece", action="append", default=[])
    given = parser.parse_args(words)
    # The interpreter would wait for a safe place to raise KeyboardInterrupt, and a subject might catch it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Arrays of JAX are on the CPU here. It would still start each device that it finds, and take memory there.
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    library = _abi.load(given.library)
    # On a fatal signal the interpreter says at which lines it was. The harness reads that in the shared page.
    os.lseek(given.post_mortem, library.mlacheck_traceback_place(), os.SEEK_SET)
    faulthandler.enable(given.post_mortem, all_threads=False)
    importer = _abi.Importer(Importer(library))
    paths, pieces = strings(given.subject), strings(given.piece)
    arguments = _abi.WorkerArguments(given.socket, given.post_mortem, int(given.task == "describe"),
                                     len(given.subject), paths, importer, len(given.piece), 0, pieces)
    status = library.mlacheck_worker_main(ctypes.byref(arguments))
    sys.stdout.flush()
    # Whatever threads and exit handlers the subjects have left do not matter any more.
    os._exit(status)
