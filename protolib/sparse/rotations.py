"""Random rotations."""

import torch
from jaxtyping import Float
from torch import Tensor


def random_rotations(normal: Float[Tensor, "nets dims dims"]) -> Float[Tensor, "nets dims dims"]:
    """Orthogonal matrices, uniformly distributed if `normal` holds independent normal numbers.

    The Q of a QR decomposition, its columns signed so that R has a positive diagonal (Mezzadri,
    arXiv:math-ph/0609050).

    >>> q = random_rotations(torch.tensor([[[0.0, -2.0], [1.0, 5.0]]]))
    >>> bool(torch.allclose(q @ q.mT, torch.eye(2)))
    True
    """
    q, r = torch.linalg.qr(normal)
    return q * torch.sign(torch.diagonal(r, dim1=1, dim2=2))[:, None]
