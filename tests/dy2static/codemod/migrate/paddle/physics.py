"""A ball that bounces."""
import paddle
from paddle.static.nn import while_loop


@paddle.jit.to_static
def bounces(height, dt):
    speed = paddle.zeros([])
    count = paddle.zeros([], dtype="int64")

    def flying(height, speed, count):
        return count < 3

    def step(height, speed, count):
        speed = speed - 9.81 * dt
        height = height + speed * dt
        # half of the speed is lost at the ground
        hit = height < 0.0
        speed = paddle.where(hit, -0.5 * speed, speed)
        height = paddle.where(hit, paddle.zeros_like(height), height)
        return height, speed, count + hit.cast("int64")

    out = while_loop(flying, step, [height, speed, count])
    return out[1]
