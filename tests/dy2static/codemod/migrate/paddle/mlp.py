import paddle
import paddle.nn as nn
import paddle.nn.functional as F


class MLP(nn.Layer):
    """Two layers."""

    def __init__(self, inputs, hidden, classes):
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.act = nn.ReLU()
        self.fc2 = nn.Linear(hidden, classes)

    @paddle.jit.to_static
    def forward(self, x):
        h = self.act(self.fc1(x))
        return F.log_softmax(self.fc2(h), axis=-1)


def total_probability(x):
    paddle.seed(0)
    model = MLP(2, 4, 3)
    return paddle.sum(paddle.exp(model(x)), axis=-1)


def parameter_count():
    return sum(p.size for p in MLP(2, 4, 3).parameters())
