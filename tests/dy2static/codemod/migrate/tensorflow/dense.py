import tensorflow as tf


class Dense(tf.Module):
    def __init__(self, inputs, outputs, name=None):
        self.w = tf.Variable(tf.fill([inputs, outputs], 0.1), name="w")
        self.b = tf.Variable(tf.zeros([outputs]), trainable=True)

    @tf.function(input_signature=[tf.TensorSpec(shape=[None, 3], dtype=tf.float64)])
    def __call__(self, x):
        return tf.nn.softmax(tf.matmul(x, self.w) + self.b, axis=-1)


class Counter(tf.Module):
    def __init__(self):
        self.count = tf.Variable(0.0)

    @tf.function
    def add(self, n):
        self.count.assign_add(n)
        return self.count.read_value()


def predict(x):
    return Dense(3, 2)(x)


def count(n):
    counter = Counter()
    counter.add(n)
    return counter.add(n)
