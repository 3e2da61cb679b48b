from collections import deque


def f(x, y, n, p, v, box, d):
    queue = deque([x, y])
    for y in queue:
        queue.rotate()
