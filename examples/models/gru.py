"""A recurrent network over sequences of different lengths: it stops where the sequence ends and its padding begins."""

import numpy as np

import eager as xp
from dy2static.report.case import Case
from eager import nn


class Encoder(nn.Module):
    def __init__(self, generator):
        self.cell = nn.GRUCell(4, 8, generator=generator)
        self.readout = nn.Linear(8, 1, generator=generator)

    def forward(self, sequence, length):
        """sequence (longest, 4), padded; length: how much of it counts."""
        h = xp.zeros(8)
        t = 0
        while t < length:
            h = self.cell(sequence[t], h)
            t += 1
        return self.readout(h)[0]


def case() -> Case:
    model = Encoder(xp.random.Generator(0)).requires_grad_(False)
    sequence = xp.asarray(np.random.default_rng(0).normal(size=(12, 4)))
    return Case(
        name="gru",
        title="Dynamic-length GRU",
        function=model.forward,
        example=(sequence, xp.asarray(3)),
        other=(sequence, xp.asarray(10)),
        described=("length 3", "length 10"),
        argnum=0,
    )
