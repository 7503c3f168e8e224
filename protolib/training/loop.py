"""Train a stack, take its gradients once, or look back on the way it went."""

import torch
from jaxtyping import Float
from torch import Tensor
from tqdm.auto import trange

from protolib import losses
from protolib.model import Parameters, predict
from protolib.training.config import TrainConfig, TrainResult
from protolib.training.flat import check, flatten, shape_of, unflatten
from protolib.training.forces import force_program
from protolib.training.optimisers import OPTIMISERS


def gradients(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples *outputs"],
    masks: Float[Tensor, "nets 3"],
    config: TrainConfig = TrainConfig(),
) -> Parameters:
    """∂objective/∂(w, b, v, c) of every network, in closed form: the forces that training follows.

    Equal to autograd on `losses.objective` with `lam=config.lam, **config.forms()` (tested for all
    masks, attractors, kernels and activations), except where several prototypes are exactly equally
    near to a sample: here one of them is pulled (of coincident ones on a line, one by the samples
    to the left and one by those to the right), there they share the pull.

    In the centre parametrisation the second field holds ∂objective/∂p, and the first the derivative
    with respect to w while p is held.

    Raises
    ------
    ValueError
        if shapes or dtypes disagree (the message says which).
    """
    check(parameters, inputs, targets, masks)
    shape, centre = shape_of(parameters), config.parametrisation == "centre"
    flat = flatten(parameters, centre)
    gradient = torch.empty_like(flat)
    with torch.no_grad():
        force_program(flat, gradient, inputs, targets, masks, shape, config)()
    return unflatten(gradient, shape)


def train(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples *outputs"],
    masks: Float[Tensor, "nets 3"],
    config: TrainConfig = TrainConfig(),
    *,
    snapshot_every: int | None = None,
    progress: bool = False,
    device: str | torch.device | None = None,
) -> TrainResult:
    """Train every network of the stack on its own data, full batch, all at once.

    Parameters
    ----------
    parameters
        the start; left unchanged. Its dtype (float32 or float64) is the run's dtype.
    masks
        (nets, 3), the weight of coverage, separation and overlap in each network; the paper's
        masks are 0 or 1, but any number ≥ 0 will do.
    snapshot_every
        keep a copy of the weights every so many steps, and at step 0 and the last.
    progress
        show a progress bar over steps.
    device
        where to train, "cuda" for example; weights and snapshots come back to where the start was.
        None: where the start is. On a graphics card sums run in another order, and the last bits
        differ.

    Notes
    -----
    Networks never mix. A network trained in a stack still differs from the same one trained alone,
    in the last bits: matrix products and vectorised loops add in an order that depends on the
    array's shape. The tests bound that drift: in float64 it stays below 1e-9 over 300 steps; in
    float32 rounding is 10⁹ times coarser, and a run whose prototypes collide may amplify it.

    Raises
    ------
    ValueError
        if shapes or dtypes disagree (the message says which), or `snapshot_every` < 1.

    Examples
    --------
    >>> from protolib import data, model
    >>> x = data.uniform([0], samples=5)
    >>> result = train(model.initialise([0], 5), x, data.sine(x), torch.zeros(1, 3))
    >>> bool(losses.fit(predict(result.parameters, x), data.sine(x)) < 0.1)
    True
    """
    check(parameters, inputs, targets, masks)
    if snapshot_every is not None and snapshot_every < 1:
        raise ValueError(f"snapshot_every must be ≥ 1, got {snapshot_every}")
    home = parameters.slope.device
    parameters = Parameters(*(t.to(device) for t in parameters))
    inputs, targets = inputs.to(device), targets.to(device)
    shape, centre = shape_of(parameters), config.parametrisation == "centre"
    flat = flatten(parameters, centre)
    gradient = torch.empty_like(flat)
    program = force_program(flat, gradient, inputs, targets, masks, shape, config)
    update = OPTIMISERS[config.optimiser](flat, gradient)

    frames: list[Tensor] = [flat.clone()] if snapshot_every else []
    steps_kept = [0] if snapshot_every else []
    with torch.no_grad():
        for step in trange(1, config.steps + 1, disable=not progress, desc="training"):
            program()
            update(step, config.rate(step))
            if snapshot_every and (step % snapshot_every == 0 or step == config.steps):
                frames.append(flat.clone())
                steps_kept.append(step)
    kept = (torch.stack(frames, dim=1) if frames else flat[:, None][:, :0]).to(home)
    flat = flat.to(home)
    return TrainResult(
        parameters=unflatten(flat, shape, centre),
        config=config,
        snapshot_steps=torch.tensor(steps_kept, dtype=torch.long),
        snapshots=unflatten(kept, shape, centre),
    )


def curves(
    result: TrainResult,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples *outputs"],
) -> Float[Tensor, "nets frames 4"]:
    """Fit, attractor (coverage), separation and overlap at every snapshot, by the reference losses.

    Each in the form that the run's configuration gives it.

    Raises
    ------
    ValueError
        if the result has no snapshots.
    """
    frames, config = [], result.config
    for frame in range(len(result.snapshot_steps)):
        moment = Parameters(*(tensor[:, frame] for tensor in result.snapshots))
        predictions = predict(moment, inputs, activation=config.activation)
        error = losses.fit(predictions, targets)
        structure = losses.structural(moment, inputs, **config.forms())
        frames.append(torch.cat([error[:, None], structure], dim=-1))
    if not frames:
        raise ValueError("this result has no snapshots: train with snapshot_every=…")
    return torch.stack(frames, dim=1)
