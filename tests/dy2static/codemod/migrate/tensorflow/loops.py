"""Loops that keep their functions: these are used elsewhere too, or are more than one way out."""
import tensorflow as tf


def unfinished(x, n):
    return x < 100.0


def double(x, n):
    return x * 2.0, n + 1


@tf.function
def doublings(x):
    x, n = tf.while_loop(unfinished, double, (x, tf.constant(0)))
    return n


@tf.function
def gcd(a, b):
    def rest(a, b):
        if b > a:
            return b, a
        return b, a % b

    a, b = tf.while_loop(lambda a, b: b != 0, rest, [a, b])
    return a


@tf.function
def clash(x, i):
    scale = i + 1
    i = tf.while_loop(lambda j: j < 3, lambda j: [j + scale], [0])[0]
    total = x
    for _ in range(2):
        (total,) = tf.while_loop(lambda total: total < i, lambda total: [total + scale], [total])
        scale = scale + 1
    return total, i, scale
