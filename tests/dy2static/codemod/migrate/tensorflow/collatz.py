"""How many steps a number takes to 1."""
import tensorflow as tf


@tf.function
def collatz(n):
    steps = tf.constant(0)

    def cond(n, steps):
        return tf.not_equal(n, 1)

    def body(n, steps):
        n = tf.cond(tf.equal(n % 2, 0), lambda: n // 2, lambda: 3 * n + 1)
        return n, steps + 1

    n, steps = tf.while_loop(cond, body, [n, steps])
    return steps
