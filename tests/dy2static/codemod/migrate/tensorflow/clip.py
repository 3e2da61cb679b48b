import tensorflow as tf


@tf.function
def clip_by_norm(g, limit):
    norm = tf.sqrt(tf.reduce_sum(tf.square(g)))

    def scaled():
        return g * (limit / norm)

    return tf.cond(norm > limit, true_fn=scaled, false_fn=lambda: g)


@tf.function
def huber(y, p, delta=1.0):
    error = tf.abs(y - p)
    small = tf.minimum(error, delta)
    return tf.reduce_mean(0.5 * tf.math.squared_difference(small, 0.0) + delta * (error - small), axis=-1)


@tf.function
def ratio(a, b):
    return tf.math.divide_no_nan(a, b)
