"""What has no counterpart is left, and listed."""
import tensorflow as tf


@tf.function
def loss_fn(w, x, y):
    return tf.reduce_mean(tf.square(tf.linalg.matvec(x, w) - y))


def train_step(w, x, y):
    with tf.GradientTape() as tape:
        loss = loss_fn(w, x, y)
    grad = tape.gradient(loss, w)
    w.assign_sub(0.1 * grad)
    return loss


def collect(xs):
    out = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    for i in range(3):
        out = out.write(i, xs[i])
    return out.stack()


model = tf.keras.Sequential([tf.keras.layers.Dense(10)])
