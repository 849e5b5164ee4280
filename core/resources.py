"""What one replica takes of a machine."""

from typing import Literal

from pydantic import Field

from core.spec import Spec


class Resources(Spec):
    """What one replica takes. `device` auto means CUDA where there is one, else the CPU.

    `memory_mb` is set aside for it: a machine is never given more than it has. 0 sets nothing aside.
    """

    num_cpus: float = Field(default=0.25, gt=0, le=1024)
    num_gpus: float = Field(default=0.0, ge=0, le=64)
    memory_mb: int = Field(default=0, ge=0, le=100_000_000)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    intra_op_num_threads: int = Field(default=1, ge=1, le=1024)
