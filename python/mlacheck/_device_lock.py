"""One process at a time on a GPU: file locks, which the kernel takes back when a process dies."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator

# Asked in a process of its own: a driver that has been started in this one would not survive a fork. The
# harness uses the first device that the driver shows.
ASK = """
import ctypes
driver = ctypes.CDLL("libcuda.so.1")
device, uuid = ctypes.c_int(), (ctypes.c_ubyte * 16)()
if driver.cuInit(0) or driver.cuDeviceGet(ctypes.byref(device), 0):
    raise SystemExit(1)
if driver.cuDeviceGetUuid(uuid, device):
    raise SystemExit(1)
print(bytes(uuid).hex())
"""


@functools.lru_cache(maxsize=None)
def _uuid(visible: str) -> str:
    """Of the device that a worker will use, where `visible` is $CUDA_VISIBLE_DEVICES; empty if the driver does
    not say."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode == 0:
            return done.stdout.strip()
    return ""


def device_name() -> str:
    """Of the GPU that a worker started now will use: its UUID or, where the driver does not say that, its
    place in $CUDA_VISIBLE_DEVICES."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return _uuid(visible) or f"index-{visible.partition(',')[0].strip() or '0'}"


def path_of(device: str) -> Path:
    """Of the lock of a device: the same for every user and project of this machine."""
    return Path(tempfile.gettempdir()) / f"mlacheck-gpu-{re.sub(r'[^A-Za-z0-9-]', '_', device)}.lock"


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits until no other process holds the lock of that file, which is made if it is missing and stays."""
    try:
        # One that exists may be somebody else's: reading is enough.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
