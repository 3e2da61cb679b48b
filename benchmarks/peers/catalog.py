"""Who takes part in the comparison, and in which environments."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / ".venv-peers"


@dataclass(frozen=True, slots=True)
class Environment:
    """What is installed, and the module whose import is timed."""

    requirements: tuple[str, ...]
    imports: str


@dataclass(frozen=True, slots=True)
class Contestant:
    """A way to run the workloads: `environment` "" is our own."""

    label: str
    module: str
    mode: str
    environment: str = ""

    @property
    def is_ours(self) -> bool:
        return not self.environment


ENVIRONMENTS: Final[Mapping[str, Environment]] = {
    "torch": Environment(("torch==2.13.0", "numpy==2.4.6"), "torch"),
    "tensorflow": Environment(("tensorflow-cpu==2.21.0", "numpy==2.4.6"), "tensorflow"),
    "jax": Environment(("jax==0.10.2", "jaxlib==0.10.2", "numpy==2.4.6"), "jax.numpy"),
    "paddle": Environment(("paddlepaddle==3.3.1", "numpy==2.4.6"), "paddle"),
    "mindspore": Environment(("mindspore==2.10.0", "numpy==2.4.6"), "mindspore"),
}
PEERS: Final = (
    Contestant("torch eager", "benchmarks.peers.on_torch", "eager", "torch"),
    Contestant("torch script", "benchmarks.peers.on_torch", "script", "torch"),
    Contestant("torch compile", "benchmarks.peers.on_torch", "compile", "torch"),
    Contestant("tf.function", "benchmarks.peers.on_tensorflow", "graph", "tensorflow"),
    Contestant("tf XLA", "benchmarks.peers.on_tensorflow", "xla", "tensorflow"),
    Contestant("JAX", "benchmarks.peers.on_jax", "jit", "jax"),
    Contestant("Paddle", "benchmarks.peers.on_paddle", "static", "paddle"),
    Contestant("MindSpore", "benchmarks.peers.on_mindspore", "jit", "mindspore"),
)
EAGER: Final = Contestant("ours eager", "benchmarks.ours", "eager")
"""What all results are compared with."""


def ours(executor: str) -> Contestant:
    """Our side, with an executor of `to_static`."""
    return Contestant(f"ours {executor}", "benchmarks.ours", executor)


def python_of(environment: str) -> Path:
    """The interpreter of a peer's environment, there or not."""
    return FOLDER / environment / "bin" / "python"
