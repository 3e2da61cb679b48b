"""Optimizers, and schedules of their learning rates (`lr`)."""

from eager.optim import lr as lr
from eager.optim.adagrad import Adagrad as Adagrad
from eager.optim.adam import Adam as Adam
from eager.optim.adam import AdamW as AdamW
from eager.optim.clip import clip_grad_norm as clip_grad_norm
from eager.optim.optimizer import Optimizer as Optimizer
from eager.optim.optimizer import OptimizerStateError as OptimizerStateError
from eager.optim.rmsprop import RMSprop as RMSprop
from eager.optim.sgd import SGD as SGD
