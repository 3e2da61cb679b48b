"""Arrays that are filled in a loop."""
import tensorflow as tf


@tf.function
def powers(x, n):
    out = tf.TensorArray(tf.float64, size=n)
    power = tf.ones_like(x)
    for i in tf.range(n):
        power *= x
        out = out.write(i, power)  # x**(i + 1)
    return out.stack()


@tf.function
def fibonacci(n):
    values = tf.TensorArray(tf.int64, size=0, dynamic_size=True, clear_after_read=False)
    a, b = tf.constant(0), tf.constant(1)
    for k in range(n):
        a, b = b, a + b
        values = values.write(k, a)
    return values.stack(), values.read(0), values.size()
