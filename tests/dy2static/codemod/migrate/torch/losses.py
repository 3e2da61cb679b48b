import torch
import torch.nn.functional as F


@torch.compile
def loss(logits, labels, weights):
    nll = F.cross_entropy(logits, labels, reduction="none")
    return (nll * weights).sum() / weights.sum().clamp(min=1.0)


@torch.compile
def statistics(x):
    return x.mean(0), x.std(0), torch.var(x, dim=0), x.max(), torch.argmax(x, dim=1), torch.norm(x, dim=1)


@torch.compile
def compare(a, b):
    return a.eq(b), a.ne(b), torch.le(a, b), (a > b).any(), torch.logical_not(a == b).long()


@torch.compile
def smooth(p, target):
    return F.smooth_l1_loss(p, target), F.kl_div(F.log_softmax(p, dim=-1), F.softmax(target, dim=-1), reduction="sum")
