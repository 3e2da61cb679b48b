"""What converted code calls. One file per construct, of the same name as its converter.

Each picks Python or graph by the value it meets, so one conversion serves every mix of ordinary and staged values,
and converted code runs eagerly too.
"""

import sys
from builtins import slice as slice_  # noqa: F401  # pyright: ignore[reportUnusedImport] - `x[a:b] = v` names it

from dy2static.runtime.assert_stmt import assert_ as assert_
from dy2static.runtime.bool_ops import and_ as and_
from dy2static.runtime.bool_ops import compare_chain as compare_chain
from dy2static.runtime.bool_ops import equal as equal
from dy2static.runtime.bool_ops import in_ as in_
from dy2static.runtime.bool_ops import is_ as is_
from dy2static.runtime.bool_ops import is_not as is_not
from dy2static.runtime.bool_ops import not_ as not_
from dy2static.runtime.bool_ops import or_ as or_
from dy2static.runtime.bool_ops import unequal as unequal
from dy2static.runtime.callables.texts import percent as percent
from dy2static.runtime.calls import call as call
from dy2static.runtime.comprehensions import dict_of as dict_of
from dy2static.runtime.comprehensions import each as each
from dy2static.runtime.comprehensions import list_of as list_of
from dy2static.runtime.comprehensions import set_of as set_of
from dy2static.runtime.comprehensions import when as when
from dy2static.runtime.del_stmt import del_attr as del_attr
from dy2static.runtime.del_stmt import del_item as del_item
from dy2static.runtime.dict_display import new as new
from dy2static.runtime.dict_display import union as union
from dy2static.runtime.f_strings import formatted as formatted
from dy2static.runtime.f_strings import fstring as fstring
from dy2static.runtime.for_stmt import for_ as for_
from dy2static.runtime.generators import generator as generator
from dy2static.runtime.generators import generator_of as generator_of
from dy2static.runtime.generators import is_over as is_over
from dy2static.runtime.generators import yield_ as yield_
from dy2static.runtime.if_expr import if_expr as if_expr
from dy2static.runtime.if_stmt import if_ as if_
from dy2static.runtime.items import item as item
from dy2static.runtime.list_display import list_ as list_
from dy2static.runtime.match_stmt import captured as captured
from dy2static.runtime.match_stmt import match_ as match_
from dy2static.runtime.ordering import ordered as ordered
from dy2static.runtime.outer_names import del_global as del_global
from dy2static.runtime.outer_names import del_nonlocal as del_nonlocal
from dy2static.runtime.outer_names import owns as owns
from dy2static.runtime.outer_names import read_global as read_global
from dy2static.runtime.outer_names import set_global as set_global
from dy2static.runtime.outer_names import set_nonlocal as set_nonlocal
from dy2static.runtime.raise_stmt import raise_ as raise_
from dy2static.runtime.raise_stmt import raise_again as raise_again
from dy2static.runtime.special_attributes import attributes_of as attributes_of
from dy2static.runtime.special_attributes import class_of as class_of
from dy2static.runtime.starred import joined as joined
from dy2static.runtime.starred import part as part
from dy2static.runtime.starred import spread as spread
from dy2static.runtime.steps import head as head
from dy2static.runtime.steps import steps as steps
from dy2static.runtime.stores import set_attr as set_attr
from dy2static.runtime.stores import set_item as set_item
from dy2static.runtime.stores import update as update
from dy2static.runtime.stores import update_attr as update_attr
from dy2static.runtime.stores import update_attr_by as update_attr_by
from dy2static.runtime.stores import update_item as update_item
from dy2static.runtime.stores import update_item_by as update_item_by
from dy2static.runtime.try_stmt import try_ as try_
from dy2static.runtime.undefined import Undefined as Undefined
from dy2static.runtime.undefined import read as read
from dy2static.runtime.undefined import read_free as read_free
from dy2static.runtime.unpacking import unpack as unpack
from dy2static.runtime.while_stmt import while_ as while_
from dy2static.runtime.with_stmt import with_ as with_
from dy2static.source.compile import set_runtime

set_runtime(sys.modules[__name__])
