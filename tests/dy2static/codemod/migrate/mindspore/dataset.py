"""Context and data sets are left, and listed."""
import mindspore as ms
import mindspore.dataset as ds
from mindspore import nn, ops

ms.set_context(mode=ms.GRAPH_MODE)


def pipeline(path):
    data = ds.MnistDataset(path)
    return data.batch(32)


def conv():
    return nn.Conv2d(1, 8, 3, pad_mode="valid")


@ms.jit
def score(x):
    return ops.sigmoid(x)
