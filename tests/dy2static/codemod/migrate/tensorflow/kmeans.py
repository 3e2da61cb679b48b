import tensorflow as tf


@tf.function
def assign(points, centers):
    distances = tf.reduce_sum(tf.square(tf.expand_dims(points, 1) - tf.expand_dims(centers, 0)), axis=2)
    return tf.argmin(distances, axis=1)


@tf.function
def kmeans(points, centers, steps):
    """Lloyd's algorithm."""

    def step(i, centers):
        labels = assign(points, centers)
        member = tf.one_hot(labels, tf.shape(centers)[0])
        counts = tf.reduce_sum(member, axis=0)
        centers = tf.matmul(tf.transpose(member), points) / tf.expand_dims(counts, 1)
        return i + 1, centers

    # a fixed number of steps
    _, centers = tf.while_loop(lambda i, c: i < steps, step, [0, centers])
    return centers
