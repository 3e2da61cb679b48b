"""A linear fit with momentum."""
import torch
from torch import nn, optim


def fit(x, y, steps):
    model = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(model.weight)
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
    criterion = nn.MSELoss()

    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    return model.weight.detach()
