import torch
import torch.nn as nn
import torch.nn.functional as F


class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])
        self.norm = nn.LayerNorm(sizes[0])

    @torch.compile
    def forward(self, x):
        x = self.norm(x)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x), inplace=True)
        return F.softmax(self.layers[-1](x), dim=1)


def sums(x):
    torch.manual_seed(0)
    model = MLP([2, 8, 3]).to("cpu").double()
    with torch.no_grad():
        return model(x).sum(dim=1)
