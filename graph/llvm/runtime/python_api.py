"""What the runtime calls of Python and NumPy, and where it reads in their objects. See `symbols.py` for the addresses.

Offsets of objects follow from the size of Python's object header, which differs between builds; what comes behind the
header in arrays and dtypes is part of NumPy's public ABI.
"""

from typing import Final

from graph.llvm.runtime.words import External, symbol

vectorcall = External("PyObject_Vectorcall", "i64(i64, i64, i64, i64)")
drop_reference = External("Py_DecRef", "void(i64)")
add_reference = External("Py_IncRef", "void(i64)")
float_value = External("PyFloat_AsDouble", "double(i64)")
int_value = External("PyLong_AsLongLong", "i64(i64)")
int_object = External("PyLong_FromLongLong", "i64(i64)")
list_new = External("PyList_New", "i64(i64)")
list_size = External("PyList_Size", "i64(i64)")
list_item = External("PyList_GetItem", "i64(i64, i64)")
list_fill = External("PyList_SetItem", "i32(i64, i64, i64)")
tuple_new = External("PyTuple_New", "i64(i64)")
tuple_size = External("PyTuple_Size", "i64(i64)")
tuple_item = External("PyTuple_GetItem", "i64(i64, i64)")
tuple_fill = External("PyTuple_SetItem", "i32(i64, i64, i64)")
capsule_new = External("PyCapsule_New", "i64(i64, i64, i64)")
capsule_pointer = External("PyCapsule_GetPointer", "i64(i64, i64)")
error_occurred = External("PyErr_Occurred", "i64()")
error_clear = External("PyErr_Clear", "void()")
error_fetch = External("PyErr_Fetch", "void(i64, i64, i64)")
error_normalize = External("PyErr_NormalizeException", "void(i64, i64, i64)")
set_traceback = External("PyException_SetTraceback", "i32(i64, i64)")
check_signals = External("PyErr_CheckSignals", "i32()")
release_gil = External("PyEval_SaveThread", "i64()")
take_gil = External("PyEval_RestoreThread", "void(i64)")
thread_id = External("PyThread_get_thread_ident", "i64()")

array_scalar = External("PyArray_Scalar", "i64(i64, i64, i64)")
scalar_as_c = External("PyArray_ScalarAsCtype", "void(i64, i64)")
array_new = External("PyArray_NewFromDescr", "i64(i64, i64, i32, i64, i64, i64, i32, i64)")
array_set_base = External("PyArray_SetBaseObject", "i32(i64, i64)")

array_type = symbol("PyArray_Type")
list_type = symbol("PyList_Type")
float_type = symbol("PyFloat_Type")
int_type = symbol("PyLong_Type")
bool_type = symbol("PyBool_Type")
none = symbol("_Py_NoneStruct")
true = symbol("_Py_TrueStruct")

HEAD: Final = object.__basicsize__
TYPE: Final = HEAD - 8
TUPLE_ITEMS: Final = tuple.__basicsize__
BYTES_DATA: Final = bytes.__basicsize__ - 1

ARRAY_DATA: Final = HEAD
ARRAY_NDIM: Final = HEAD + 8
ARRAY_DIMS: Final = HEAD + 16
ARRAY_DESCR: Final = HEAD + 40
ARRAY_FLAGS: Final = HEAD + 48
DESCR_BYTEORDER: Final = HEAD + 10
DESCR_TYPE_NUM: Final = HEAD + 12

C_ORDER_AND_ALIGNED: Final = 0x0101
C_ORDER_ALIGNED_WRITABLE: Final = 0x0501
NATIVE: Final = ord("=")
NO_BYTE_ORDER: Final = ord("|")
