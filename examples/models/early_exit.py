"""A classifier of handwritten digits that stops as soon as it is sure: easy images leave at the first exit.

It is trained here, on four fifths of the 1,797 images that scikit-learn ships.
"""

from itertools import pairwise

import numpy as np

import eager as xp
from dy2static.decorator import to_static
from dy2static.report.case import Case
from eager import nn, optim

SEED = 0
EPOCHS = 25
BATCH = 64


class EarlyExit(nn.Module):
    """Blocks one after the other, with an exit after each."""

    def __init__(self, generator, threshold=0.99):
        sizes = (64, 48, 64, 64)
        self.blocks = [nn.Linear(a, b, generator=generator) for a, b in pairwise(sizes)]
        self.exits = [nn.Linear(b, 10, generator=generator) for b in sizes[1:]]
        self.threshold = threshold

    def forward(self, image):
        """The probabilities of the ten digits, and how many exits were tried."""
        tried = 0
        for block, leave in zip(self.blocks, self.exits, strict=True):
            image = xp.relu(block(image))
            probabilities = xp.softmax(leave(image))
            tried += 1
            if xp.max(probabilities) > self.threshold:
                break
        return probabilities, tried

    def loss(self, images, digits):
        """Of all exits together, for a batch."""
        total = 0.0
        for block, leave in zip(self.blocks, self.exits, strict=True):
            images = xp.relu(block(images))
            total = total + xp.cross_entropy(leave(images), digits)
        return total


def train(model, images, digits):
    optimizer = optim.Adam(model.parameters(), lr=3e-3)

    @to_static
    def step(x, y):
        optimizer.zero_grad()
        model.loss(x, y).backward()
        optimizer.step()

    order = np.random.default_rng(SEED)
    for _ in range(EPOCHS):
        shuffled = order.permutation(len(images))
        for start in range(0, len(images) - BATCH + 1, BATCH):
            batch = shuffled[start : start + BATCH]
            step(xp.asarray(images[batch]), xp.asarray(digits[batch]))
    model.requires_grad_(False)


def load_digits():
    """Images (n, 64) between 0 and 1 and their digits: for training, and held out."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(SEED).permutation(len(data.target))
    images, digits = data.data[order] / 16.0, data.target[order]
    held_out = len(digits) // 5
    return (images[held_out:], digits[held_out:]), (images[:held_out], digits[:held_out])


def shown(result):
    probabilities, tried = result
    digit = int(xp.argmax(probabilities))
    return f"{digit} ({float(probabilities[digit]):.3f}), exit {int(tried)}"


def case() -> Case:
    training, (images, digits) = load_digits()
    model = EarlyExit(xp.random.Generator(SEED))
    train(model, *training)

    def confidence(image):
        return xp.max(model.forward(image)[0])

    run = to_static(model.forward)
    answers = [run(xp.asarray(image)) for image in images]
    right = np.array([int(xp.argmax(probabilities)) for probabilities, _ in answers]) == digits
    exits = np.array([int(tried) for _, tried in answers])
    # An image that the last exit gets right and the first one would have got wrong.
    first = np.array([int(xp.argmax(model.exits[0](xp.relu(model.blocks[0](xp.asarray(image)))))) for image in images])
    easy = int(np.argmax(exits == 1))
    hard = int(np.argmax((exits == 3) & right & (first != digits)))
    return Case(
        name="early_exit",
        title="Early-exit classifier (handwritten digits)",
        function=model.forward,
        example=(xp.asarray(images[easy]),),
        other=(xp.asarray(images[hard]),),
        described=("an easy image", "a hard image"),
        loss=confidence,
        argnum=0,
        show=shown,
        note=f"{np.mean(right):.1%} of {len(digits)} held-out images are right; "
        f"{np.mean(exits == 1):.0%} leave at the first exit, {np.mean(exits == 3):.0%} at the last.",
    )
