"""The structures of harness/abi/subject.h and harness/python/worker_entry.h. tests/python/abi_test.py holds
them against what the library says of its own."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_double, c_int32, c_int64, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p

VERSION = 2  # MLACHECK_SUBJECT_VERSION

# mlacheck_status
OK, INVALID_ARGUMENT, UNSUPPORTED, LAUNCH_FAILED, OUT_OF_MEMORY, COMPILE_FAILED = range(6)

# mlacheck_format, by number
FORMATS = ("plain", "e2m1", "e8m0", "e4m3fn", "e4m3fnuz", "e5m2")

# DLDeviceType
CPU, CUDA, ROCM = 1, 2, 10

# DLDataTypeCode
INT, UINT, FLOAT, BFLOAT = 0, 1, 2, 4


class DLDevice(ctypes.Structure):
    _fields_ = [("device_type", c_int32), ("device_id", c_int32)]


class DLDataType(ctypes.Structure):
    _fields_ = [("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("device", DLDevice), ("ndim", c_int32), ("dtype", DLDataType),
                ("shape", ctypes.POINTER(c_int64)), ("strides", ctypes.POINTER(c_int64)),
                ("byte_offset", c_uint64)]


class Operand(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("tensor", DLTensor), ("format", c_int32), ("reserved", c_int32)]


class Integer(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("value", c_int64)]


class Real(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("value", c_double)]


class Call(ctypes.Structure):
    _fields_ = [("operand_count", c_int32), ("integer_count", c_int32), ("real_count", c_int32),
                ("reserved", c_int32), ("operands", ctypes.POINTER(Operand)),
                ("integers", ctypes.POINTER(Integer)), ("reals", ctypes.POINTER(Real))]


class Launch(ctypes.Structure):
    _fields_ = [("kernel", c_char_p), ("grid", c_uint32 * 3), ("block", c_uint32 * 3),
                ("dynamic_shared_bytes", c_uint64)]


class Context(ctypes.Structure):
    pass


ContextPointer = ctypes.POINTER(Context)
Allocate = ctypes.CFUNCTYPE(c_int32, ContextPointer, c_char_p, DLDataType, c_int32,
                            ctypes.POINTER(c_int64), ctypes.POINTER(DLTensor))
Release = ctypes.CFUNCTYPE(None, ContextPointer, c_void_p)
RecordLaunch = ctypes.CFUNCTYPE(c_int32, ContextPointer, ctypes.POINTER(Launch))
RecordTraffic = ctypes.CFUNCTYPE(None, ContextPointer, c_int32, c_uint64)
RecordSynchronization = ctypes.CFUNCTYPE(None, ContextPointer)
SetError = ctypes.CFUNCTYPE(None, ContextPointer, c_char_p)

Context._fields_ = [
    ("harness", c_void_p), ("stream", c_void_p), ("receipt_counter", c_void_p), ("allocate", Allocate),
    ("release", Release), ("record_launch", RecordLaunch), ("record_traffic", RecordTraffic),
    ("record_synchronization", RecordSynchronization), ("set_error", SetError)]


class Conventions(ctypes.Structure):
    _fields_ = [("lse_base", c_int32), ("lse_layout", c_int32), ("plus_infinity", c_int32),
                ("overlap", c_int32), ("zero_sign", c_int32), ("batch", c_int32)]


class Numerics(ctypes.Structure):
    _fields_ = [("accumulator_digits", c_int32), ("probability_digits", c_int32),
                ("exp_error_ulps", c_double), ("truncating_products", c_int32),
                ("operand_digits", c_int32), ("product_digits", c_int32), ("scale_rule", c_int32),
                ("exp_error_absolute", c_double), ("log_error_absolute", c_double),
                ("division_error_ulps", c_double), ("scale_error_ulps", c_double),
                ("nan_codes", c_int32), ("reserved", c_int32)]


Run = ctypes.CFUNCTYPE(c_int32, c_void_p, ctypes.POINTER(Call), ContextPointer)
# A string that the callback returns has to live on: its address is handed back, not the object.
Unavailable = ctypes.CFUNCTYPE(c_void_p, c_void_p)


class Subject(ctypes.Structure):
    _fields_ = [("variant", c_char_p), ("baseline", c_char_p), ("contract", c_char_p),
                ("agreement", c_int32), ("reserved", c_int32), ("conventions", Conventions),
                ("numerics", Numerics), ("self", c_void_p), ("run", Run), ("unavailable", Unavailable),
                ("domain", c_char_p)]


class Tile(ctypes.Structure):
    _fields_ = [("axis", c_char_p), ("extent", c_int64)]


class Table(ctypes.Structure):
    _fields_ = [("op", c_char_p), ("backend", c_char_p), ("tile_count", c_int32),
                ("subject_count", c_int32), ("tiles", ctypes.POINTER(Tile)),
                ("subjects", ctypes.POINTER(Subject))]


class Plugin(ctypes.Structure):
    _fields_ = [("version", c_uint32), ("table_count", c_int32), ("tables", ctypes.POINTER(Table))]


Importer = ctypes.CFUNCTYPE(c_void_p, c_char_p, ctypes.POINTER(c_char_p))


class WorkerArguments(ctypes.Structure):
    _fields_ = [("socket", c_int32), ("post_mortem", c_int32), ("describe", c_int32),
                ("path_count", c_int32), ("paths", ctypes.POINTER(c_char_p)), ("import_path", Importer),
                ("piece_count", c_int32), ("reserved", c_int32), ("pieces", ctypes.POINTER(c_char_p))]


# As C names them, for the comparison.
STRUCTURES = {
    "DLTensor": DLTensor, "mlacheck_operand": Operand, "mlacheck_integer": Integer, "mlacheck_real": Real,
    "mlacheck_call": Call, "mlacheck_launch": Launch, "mlacheck_context": Context,
    "mlacheck_conventions": Conventions, "mlacheck_numerics": Numerics, "mlacheck_subject": Subject,
    "mlacheck_tile": Tile, "mlacheck_table": Table, "mlacheck_plugin": Plugin,
    "mlacheck_worker_arguments": WorkerArguments}


def load(path: str) -> ctypes.CDLL:
    """The worker library. Calls release the interpreter's lock, callbacks take it."""
    library = ctypes.CDLL(path)
    library.mlacheck_worker_main.argtypes = [ctypes.POINTER(WorkerArguments)]
    library.mlacheck_worker_main.restype = c_int32
    library.mlacheck_first_call.argtypes = [c_int32]
    library.mlacheck_first_call.restype = None
    library.mlacheck_names_of.argtypes = [c_char_p, c_char_p]
    library.mlacheck_traceback_place.restype = c_int64
    library.mlacheck_poison.argtypes = [c_int32]
    library.mlacheck_poison.restype = None
    library.mlacheck_numpy_memory.restype = c_void_p
    library.mlacheck_managed.argtypes = [ctypes.POINTER(DLTensor)]
    library.mlacheck_managed.restype = c_void_p
    for name in ("mlacheck_names_of", "mlacheck_ops", "mlacheck_layout"):
        getattr(library, name).restype = c_char_p
    return library
