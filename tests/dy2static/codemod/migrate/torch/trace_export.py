import torch


def model(x, w):
    return torch.sigmoid(x @ w)


def exported(x, w):
    traced = torch.jit.trace(model, (x, w))
    return traced(x, w)


scripted = torch.jit.script(model)
