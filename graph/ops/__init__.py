"""The op vocabulary: a file per family. Importing this package fixes the registry."""

from graph.ops import binary as binary
from graph.ops import compare as compare
from graph.ops import cond as cond
from graph.ops import constant as constant
from graph.ops import cotangents as cotangents
from graph.ops import indexing as indexing
from graph.ops import join as join
from graph.ops import loops as loops
from graph.ops import optional as optional
from graph.ops import pad as pad
from graph.ops import reduce as reduce
from graph.ops import running as running
from graph.ops import select as select
from graph.ops import shape as shape
from graph.ops import unary as unary
