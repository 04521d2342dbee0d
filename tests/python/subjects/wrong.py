"""Subjects that are wrong, die or hang where there are 7 heads of several columns, and only there."""

import ctypes
import os
import sys
import time

import mlacheck
import numpy as np
from good import merge as right

held = []


def wrong(act, after=False):
    """A subject of the function's name that acts before it writes a right result, or after."""
    def run(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *, prefill_tokens_with_context):
        acts = out.shape[1] == 7 and out.shape[2] > 1
        if acts and not after:
            act(out=out, prefix_out=prefix_out)
        right(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out,
              prefill_tokens_with_context=prefill_tokens_with_context)
        if acts and after:
            act(out=out, prefix_out=prefix_out)
    mlacheck.subject("merge_states", variant=act.__name__)(run)
    return act


def value(out, prefix_out):
    out[0, 3, 0] = 99


wrong(value, after=True)


@wrong
def raises(out, prefix_out):
    held[0]["a key"] = out


@wrong
def raises_deep(out, prefix_out):
    def helper(depth):
        return helper(depth - 1) if depth else np.zeros(2) + np.zeros(3)
    helper(2)


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


@wrong
def raises_without_text(out, prefix_out):
    raise Unprintable


@wrong
def leaves_with_words(out, prefix_out):
    sys.exit("why it left")


@wrong
def leaves_far(out, prefix_out):
    sys.stdout = None
    sys.exit(10**20 + 7)


@wrong
def aborts(out, prefix_out):
    print("the last words of a subject")
    os.abort()


@wrong
def segfaults(out, prefix_out):
    ctypes.string_at(8)


@wrong
def leaves(out, prefix_out):
    sys.exit(5)


@wrong
def leaves_at_once(out, prefix_out):
    os._exit(0)


@wrong
def hangs(out, prefix_out):
    while True:
        pass


@wrong
def hangs_and_catches(out, prefix_out):
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass


@wrong
def grows(out, prefix_out):
    while True:
        held.append(np.ones(1 << 22))


@wrong
def forks(out, prefix_out):
    os.fork()


@wrong
def writes_an_input(out, prefix_out):
    prefix_out[0, 0, 0] = 1


@wrong
def writes_an_input_by_address(out, prefix_out):
    ctypes.memset(prefix_out.ctypes.data, 0x41, 1)


@wrong
def writes_beside(out, prefix_out):
    ctypes.memset(out.ctypes.data + out.nbytes, 1, 4)


@wrong
def says_unsupported(out, prefix_out):
    raise mlacheck.Unsupported("no seven heads")


@wrong
def refuses(out, prefix_out):
    raise mlacheck.InvalidArgument("heads: 7 where 8 are expected")


@wrong
def has_no_memory(out, prefix_out):
    raise MemoryError("no more of it")


@wrong
def stops_with_the_keyboard(out, prefix_out):
    raise KeyboardInterrupt


@wrong
def prints_much(out, prefix_out):
    for _ in range(20000):
        print("x" * 200)
        print("y" * 200, file=sys.stderr)


@mlacheck.subject("merge_states")
def sweepable(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *, prefill_tokens_with_context):
    """Wrong at once, for those who import it."""
    out[:] = 0
