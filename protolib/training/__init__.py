"""The trainer: full-batch Adam or SGD on a stack of networks, with closed-form gradients.

`losses.objective` says what is minimised; `gradients` is its derivative, worked out by hand and
checked against autograd in the tests, for every mask. Where to look:

- `config`: how a stack is trained, and what training returns
- `loop`: `train`, `gradients`, `curves`
- `forces`: the gradient, put together from moments and from forces on prototypes
- `response`, `attractors`, `kernels`: its parts
- `flat`, `optimisers`, `threads`: one row a network, Adam and SGD, one torch thread

All arrays are allocated once per run and reused. Keep the stack small enough for the processor's
cache (`protolib.sweep` does) and use one torch thread (`one_thread`).
"""

from protolib.training.config import TrainConfig, TrainResult
from protolib.training.loop import curves, gradients, train
from protolib.training.threads import one_thread

__all__ = ["TrainConfig", "TrainResult", "curves", "gradients", "one_thread", "train"]
