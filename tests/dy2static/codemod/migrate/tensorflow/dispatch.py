"""Branches by number and by test."""
import tensorflow as tf


@tf.function
def activate(kind, x):
    return tf.switch_case(kind, branch_fns={0: lambda: tf.nn.relu(x), 1: lambda: tf.tanh(x)}, default=lambda: x)


@tf.function
def grade(score):
    a = lambda: tf.constant(1.0)
    result = tf.case(
        [
            (score >= 90, lambda: tf.constant(1.0)),
            (score >= 75, lambda: tf.constant(2.0)),
        ],
        default=lambda: tf.constant(3.0),
    )
    return result


@tf.function
def pick(i, x):
    def first():
        # the sum of all
        total = tf.reduce_sum(x)
        return total

    def second():
        return tf.reduce_max(x)

    value = tf.switch_case(i, [first, second])
    return value
