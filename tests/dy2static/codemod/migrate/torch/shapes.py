import torch


@torch.compile(fullgraph=True, dynamic=True)
def split_heads(x, heads):
    b, t, d = x.size()
    x = x.contiguous().view(b, t, heads, d // heads)
    return x.transpose(1, 2)


@torch.compile
def pieces(x):
    first, second = torch.chunk(x, 2, dim=-1)
    y = torch.cat([second, first], dim=-1)
    return y, y.t(), y.numel(), y.dim(), x.size(-1)


@torch.compile
def select(x, index, mask):
    a = x.gather(1, index)
    b = x.masked_fill(mask, 0.0)
    c = torch.index_select(x, 0, index[:, 0])
    return a, b, c


@torch.compile
def repeat(x):
    return x.repeat(2, 1).sum(dim=0, keepdim=True).squeeze(0), torch.stack([x, x], dim=1).permute(1, 0, 2).flatten(1)
