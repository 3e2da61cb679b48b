"""Places boxes of a graph in layers, top to bottom, so that arrows point down: Sugiyama, Tagawa and Toda (1981).

Layers by longest path; an arrow that passes layers takes a slot in each; orders within layers by barycentres; x by the
means of neighbours, as close as the boxes' widths allow (which is an isotonic regression, solved by pooling).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

GAP_X: Final = 16.0
GAP_Y: Final = 26.0
ORDER_SWEEPS: Final = 8
SPREAD_SWEEPS: Final = 12
LAST_SWEEPS: Final = 4
SLOT: Final = 2.0
"""Width of an arrow that passes a layer."""
STRAIGHT: Final = 8.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Left top corners of the boxes, the points that each arrow goes through, and the size of the whole."""

    corners: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


@dataclass(slots=True)
class _Item:
    """A box, or the slot of an arrow that passes a layer."""

    width: float
    layer: int
    above: "list[_Item]"
    below: "list[_Item]"
    x: float = 0.0
    """Of the middle."""


def place(sizes: Sequence[tuple[float, float]], arrows: Sequence[tuple[int, int]]) -> Layout:
    """Lay out boxes of these widths and heights. An arrow is (from, to), with from < to."""
    layers_of = _layers(len(sizes), arrows)
    boxes = [_Item(width, layer, [], []) for (width, _), layer in zip(sizes, layers_of, strict=True)]
    chains = [_chain(boxes[a], boxes[b]) for a, b in arrows]
    layers: list[list[_Item]] = [[] for _ in range(max(layers_of, default=-1) + 1)]
    for box in boxes:
        layers[box.layer].append(box)
    for chain in chains:
        for slot in chain[1:-1]:
            layers[slot.layer].append(slot)
    _order(layers)
    _spread(layers)
    tops, bottoms = _heights(layers_of, sizes)
    corners = tuple(
        (box.x - box.width / 2, tops[box.layer] + (bottoms[box.layer] - tops[box.layer] - height) / 2)
        for box, (_, height) in zip(boxes, sizes, strict=True)
    )
    ports = _ports(boxes, chains)
    routes = tuple(
        _route(chain, corners[b][1], corners[a][1] + sizes[a][1], tops, bottoms, ports[i])
        for i, (chain, (a, b)) in enumerate(zip(chains, arrows, strict=True))
    )
    right = max((item.x + item.width / 2 for layer in layers for item in layer), default=0.0)
    return Layout(corners, routes, right, bottoms[-1] if bottoms else 0.0)


def _layers(count: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: below all that point to it; what nothing points to stands close above its readers."""
    depth = [0] * count
    for a, b in sorted(arrows, key=lambda arrow: arrow[1]):
        depth[b] = max(depth[b], depth[a] + 1)
    has_source = {b for _, b in arrows}
    readers: dict[int, int] = {}
    for a, b in arrows:
        readers[a] = min(readers.get(a, depth[b]), depth[b])
    return [readers[i] - 1 if i in readers and i not in has_source else depth[i] for i in range(count)]


def _chain(a: _Item, b: _Item) -> list[_Item]:
    """The two ends of an arrow with a slot for each layer between them."""
    chain = [a, *(_Item(SLOT, layer, [], []) for layer in range(a.layer + 1, b.layer)), b]
    for upper, lower in pairwise(chain):
        upper.below.append(lower)
        lower.above.append(upper)
    return chain


def _order(layers: list[list[_Item]]) -> None:
    """Sort each layer by where its neighbours stand, down and up."""
    for sweep in range(ORDER_SWEEPS):
        down = sweep % 2 == 0
        place_of: dict[int, float] = {}
        for layer in layers if down else layers[::-1]:
            wanted = {
                id(item): _mean([place_of[id(n)] for n in (item.above if down else item.below)], float(i))
                for i, item in enumerate(layer)
            }
            layer.sort(key=lambda item: wanted[id(item)])
            place_of |= {id(item): float(i) for i, item in enumerate(layer)}


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _spread(layers: list[list[_Item]]) -> None:
    """Give every item its x, and move all to the right of zero.

    Sweeps look one way, so that each carries a wish through all layers; the last ones look both ways.
    """
    for layer in layers:
        _settle(layer, [0.0] * len(layer))
    for sweep in range(SPREAD_SWEEPS):
        upwards = sweep % 2 == 0
        last = sweep >= SPREAD_SWEEPS - LAST_SWEEPS
        for layer in layers[::-1] if upwards else layers:
            _settle(layer, [_pull(item, above=last or not upwards, below=last or upwards) for item in layer])
    left = min((item.x - item.width / 2 for layer in layers for item in layer), default=0.0)
    for layer in layers:
        for item in layer:
            item.x -= left


def _pull(item: _Item, *, above: bool, below: bool) -> float:
    """The mean of the neighbours' x. Slots of one arrow hold each other, so that it runs straight."""
    near = (*(item.above if above else ()), *(item.below if below else ()))
    weights = [STRAIGHT if item.width == SLOT == n.width else 1.0 for n in near]
    return sum(w * n.x for w, n in zip(weights, near, strict=True)) / sum(weights) if near else item.x


def _settle(layer: Sequence[_Item], wanted: Sequence[float]) -> None:
    """The x closest to the wanted ones, by least squares, that keep the order and the gaps."""
    offsets: list[float] = []
    at = 0.0
    for i, item in enumerate(layer):
        at += 0.0 if i == 0 else layer[i - 1].width / 2 + GAP_X + item.width / 2
        offsets.append(at)
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] > mean:
            before, members = blocks.pop()
            mean = (before * members + mean * count) / (members + count)
            count += members
        blocks.append((mean, count))
    means = [mean for mean, count in blocks for _ in range(count)]
    for item, mean, offset in zip(layer, means, offsets, strict=True):
        item.x = mean + offset


def _heights(layers_of: Sequence[int], sizes: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Top and bottom of each layer."""
    tallest = [0.0] * (max(layers_of, default=-1) + 1)
    for layer, (_, height) in zip(layers_of, sizes, strict=True):
        tallest[layer] = max(tallest[layer], height)
    tops: list[float] = []
    bottoms: list[float] = []
    y = 0.0
    for height in tallest:
        tops.append(y)
        bottoms.append(y + height)
        y += height + GAP_Y
    return tops, bottoms


def _ports(boxes: Sequence[_Item], chains: Sequence[Sequence[_Item]]) -> list[Point]:
    """Where each arrow leaves its first box and enters its last, so that arrows at one box do not coincide."""
    starts = _shares(boxes, {i: (id(chain[0]), chain[1].x) for i, chain in enumerate(chains)})
    ends = _shares(boxes, {i: (id(chain[-1]), chain[-2].x) for i, chain in enumerate(chains)})
    return [(starts[i], ends[i]) for i in range(len(chains))]


def _shares(boxes: Sequence[_Item], arrows: Mapping[int, tuple[int, float]]) -> dict[int, float]:
    """An x for each arrow at the side of its box, in the order of where it goes."""
    shares: dict[int, float] = {}
    for box in boxes:
        own = sorted((toward, i) for i, (owner, toward) in arrows.items() if owner == id(box))
        span = min(box.width - 12.0, 14.0 * (len(own) - 1))
        for k, (_, i) in enumerate(own):
            shares[i] = box.x + (0.0 if len(own) == 1 else span * (k / (len(own) - 1) - 0.5))
    return shares


def _route(
    chain: Sequence[_Item], end: float, start: float, tops: Sequence[float], bottoms: Sequence[float], ports: Point
) -> tuple[Point, ...]:
    points: list[Point] = [(ports[0], start)]
    if start < bottoms[chain[0].layer]:
        points.append((ports[0], bottoms[chain[0].layer]))
    for slot in chain[1:-1]:
        points += [(slot.x, tops[slot.layer]), (slot.x, bottoms[slot.layer])]
    if end > tops[chain[-1].layer]:
        points.append((ports[1], tops[chain[-1].layer]))
    return (*points, (ports[1], end))
