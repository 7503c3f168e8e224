"""Adam and gradient descent on a flat array (nets, width), written out.

Each makes a function of the step, from 1 on, and the learning rate there.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def adam(flat: Tensor, gradient: Tensor) -> Callable[[int, float], None]:
    """Adam (Kingma and Ba, arXiv:1412.6980), in the arithmetic of `torch.optim.Adam`."""
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8
    mean, square = torch.zeros_like(flat), torch.zeros_like(flat)
    root, decay = torch.empty_like(flat), flat.new_tensor(beta2)

    def update(step: int, learning_rate: float) -> None:
        mean.lerp_(gradient, 1 - beta1)
        square.mul_(decay).addcmul_(gradient, gradient, value=1 - beta2)
        # the two bias corrections, moved out of the root: one operation on the array fewer
        correction = math.sqrt(1 - beta2**step)
        torch.sqrt(square, out=root)
        root.add_(epsilon * correction)
        flat.addcdiv_(mean, root, value=-learning_rate * correction / (1 - beta1**step))

    return update


def sgd(flat: Tensor, gradient: Tensor) -> Callable[[int, float], None]:
    """Gradient descent, without momentum."""

    def update(step: int, learning_rate: float) -> None:
        flat.add_(gradient, alpha=-learning_rate)

    return update


OPTIMISERS = {"adam": adam, "sgd": sgd}
