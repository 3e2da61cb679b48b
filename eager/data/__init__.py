"""Datasets, and loaders that make batches of them."""

from eager.data.collate import collate as collate
from eager.data.dataset import Dataset as Dataset
from eager.data.dataset import Subset as Subset
from eager.data.dataset import TensorDataset as TensorDataset
from eager.data.dataset import random_split as random_split
from eager.data.loader import DataLoader as DataLoader
from eager.data.sampler import BatchSampler as BatchSampler
from eager.data.sampler import RandomSampler as RandomSampler
from eager.data.sampler import SequentialSampler as SequentialSampler
