import torch
from torch import nn
from typing import Optional, Tuple


class Cell(nn.Module):
    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.hidden = hidden
        self.x = nn.Parameter(torch.full((inputs, hidden), 0.3))
        self.h = nn.Parameter(torch.eye(hidden) * 0.5)

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        return torch.tanh(torch.mm(x, self.x) + torch.mm(h, self.h))


class RNN(nn.Module):
    def __init__(self, inputs: int, hidden: int):
        super(RNN, self).__init__()
        self.cell = Cell(inputs, hidden)

    @torch.compile
    def forward(self, xs: torch.Tensor, h: Optional[torch.Tensor] = None) -> Tuple[torch.Tensor, torch.Tensor]:
        if h is None:
            h = torch.zeros(xs.size(1), self.cell.hidden)
        states = []
        for x in xs.unbind(0):
            h = self.cell(x, h)
            states.append(h)
        return torch.stack(states, dim=0), h


def run(xs):
    model = RNN(2, 2).eval()
    states, last = model(xs)
    return states, last
