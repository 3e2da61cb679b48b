import tensorflow as tf


@tf.function(jit_compile=True)
def power(base, exponent):
    """Exponentiation by squaring."""
    result = tf.ones_like(base)
    loop_vars = [result, base, exponent]
    out = tf.while_loop(
        cond=lambda r, b, e: e > 0,
        body=lambda r, b, e: [tf.where(e % 2 == 1, r * b, r), b * b, e // 2],
        loop_vars=[result, base, exponent],
        parallel_iterations=1,
    )
    return out[0]


@tf.function
def series(x, terms):
    _, total, _ = tf.while_loop(
        lambda k, total, term: k < terms,
        lambda k, total, term: (k + 1, total + term, term * x / tf.cast(k + 1, tf.float64)),
        (tf.constant(0), tf.zeros_like(x), tf.ones_like(x)),
    )
    return total
