"""One GPU for many processes at once, by NVIDIA's MPS daemon (nvidia-cuda-mps-control)."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

CONTROL = "nvidia-cuda-mps-control"


@contextlib.contextmanager
def shared_gpu(folder: Path) -> Iterator[tuple[dict[str, str], bool]]:
    """The environment for the processes, and whether they share the GPU: without the daemon they take turns.

    The daemon is its own, keeps its files in `folder` and ends with the block.
    """
    control = shutil.which(CONTROL)
    if control is None:
        yield dict(os.environ), False
        return
    environment = dict(os.environ)
    for variable, name in (("CUDA_MPS_PIPE_DIRECTORY", "pipe"), ("CUDA_MPS_LOG_DIRECTORY", "log")):
        environment[variable] = str(folder / name)
        (folder / name).mkdir()
    if subprocess.run([control, "-d"], env=environment, check=False).returncode != 0:
        yield dict(os.environ), False
        return
    environment.pop("CUDA_VISIBLE_DEVICES", None)  # The daemon has made the choice, and numbers from 0.
    try:
        yield environment, True
    finally:
        subprocess.run([control], env=environment, input="quit\n", text=True, check=False)
