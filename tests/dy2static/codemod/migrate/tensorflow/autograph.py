"""Plain Python control flow, as AutoGraph takes it."""
import numpy as np
import tensorflow as tf


@tf.function
def primes(n):
    flags = tf.ones([n], dtype=tf.bool)
    count = tf.constant(0)
    for i in tf.range(2, n):
        is_prime = tf.constant(True)
        for j in tf.range(2, i):
            if tf.equal(i % j, 0):
                is_prime = tf.constant(False)
                break
        if is_prime:
            count += 1
    return count


@tf.function
def moving_average(x, width):
    total = tf.zeros_like(x[0])
    for i in tf.range(width):
        total += x[i]
    return total / tf.cast(width, tf.float64)
