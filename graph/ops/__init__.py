"""The op vocabulary: a file per family. Importing this package fixes the registry."""

from graph.ops import binary as binary
from graph.ops import compare as compare
from graph.ops import constant as constant
from graph.ops import unary as unary
