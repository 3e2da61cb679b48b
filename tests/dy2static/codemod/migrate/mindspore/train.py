import mindspore as ms
from mindspore import nn, ops


class Linear(nn.Cell):
    def __init__(self):
        super().__init__()
        self.w = ms.Parameter(ops.zeros((2, 1)), name="w")

    def construct(self, x):
        return ops.matmul(x, self.w)


def train(x, y, steps):
    net = Linear()
    optimizer = nn.SGD(net.trainable_params(), learning_rate=0.1)

    @ms.jit
    def forward(x, y):
        return ops.mse_loss(net(x), y)

    for _ in range(steps):
        loss = forward(x, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return net.w.asnumpy()
