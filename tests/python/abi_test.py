"""The structures of python/mlacheck/_abi.py are those of the library, member by member.

    python3 tests/python/abi_test.py LIBRARY PYTHON_FOLDER
"""

import ctypes
import dataclasses
import re
import sys
import unittest
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "harness/abi/subject.h"


class Abi(unittest.TestCase):
    library = ""

    def test_sizes_and_offsets_are_those_of_the_library(self) -> None:
        from mlacheck import _abi
        library = _abi.load(self.library)
        numbers = {name: int(number) for name, number in
                   (line.split() for line in library.mlacheck_layout().decode().splitlines())}
        self.assertEqual({name for name in numbers if "." not in name}, set(_abi.STRUCTURES))
        for name, structure in _abi.STRUCTURES.items():
            self.assertEqual(ctypes.sizeof(structure), numbers[name], name)
            for member, *_ in structure._fields_:
                if member == "reserved":
                    continue
                self.assertEqual(getattr(structure, member).offset, numbers[f"{name}.{member}"],
                                 f"{name}.{member}")
        members = sum(1 for name in numbers if "." in name)
        self.assertEqual(members, sum(1 for structure in _abi.STRUCTURES.values()
                                      for member, *_ in structure._fields_ if member != "reserved"))

    def test_presets_are_the_macros_of_the_header(self) -> None:
        from mlacheck import _terms
        text = HEADER.read_text(encoding="utf-8").replace("\\\n", "")
        rules = {f"MLACHECK_SCALE_{name}": str(number) for name, number in
                 (("OF_CONTRACT", 0), ("DIVISION", 1), ("RECIPROCAL", 2), ("WITHIN_ULPS", 3))}
        macros = {name.lower(): [float(rules.get(word.strip(), word)) for word in values.split(",")]
                  for name, values in re.findall(r"#define MLACHECK_NUMERICS_(\w+)\s*\{([^}]*)\}", text)}
        self.assertEqual(set(macros), set(_terms.PRESETS) - {"numpy"})
        for name, values in macros.items():
            # The last member of the structure is reserved.
            self.assertEqual(list(dataclasses.astuple(_terms.PRESETS[name])), values[:-1], name)

    def test_names_of_a_call(self) -> None:
        from mlacheck import _abi, _call
        library = _abi.load(self.library)
        self.assertIsNone(library.mlacheck_names_of(b"no_such_op", None))
        ops = library.mlacheck_ops().decode().split()
        self.assertIn("mla_decode", ops)
        for op in ops:
            names = _call.Names(library.mlacheck_names_of(op.encode(), None).decode())
            self.assertTrue(any(names.is_written(name) for name in names.access), op)
            self.assertTrue(any(not names.is_written(name) for name in names.access), op)
        names = _call.Names(library.mlacheck_names_of(b"merge_states", None).decode())
        self.assertEqual(names.optional, {"lse_out"})
        self.assertEqual({name for name in names.access if names.is_written(name)}, {"out", "lse_out"})
        names = _call.Names(library.mlacheck_names_of(b"chunked_context", None).decode())
        self.assertEqual(names.lists, {"chunk_out", "chunk_lse"})
        self.assertFalse(names.is_written("chunk_out_11"))
        swapped = _call.Names(library.mlacheck_names_of(b"chunked_context", b"swapped").decode())
        self.assertTrue(swapped.is_written("chunk_out_0"))
        names = _call.Names(library.mlacheck_names_of(b"mla_decode", None).decode())
        self.assertLessEqual({"block_table", "kv_indptr"}, names.optional)
        names = _call.Names(library.mlacheck_names_of(b"quantized_bmm", None).decode())
        self.assertIn("bias", names.optional)


if __name__ == "__main__":
    Abi.library = sys.argv[1]
    sys.path.insert(0, sys.argv[2])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
