"""The generator of mutants (ci/mutation) on small texts: what each operator makes, and what it
never edits."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ci/mutation"))

from candidates import Candidate, candidates  # noqa: E402
from edits import MOST, Mutation, all_mutations, chosen, mutations_of  # noqa: E402
from operators import OPERATORS  # noqa: E402
from source import Source  # noqa: E402

BODY = "void f(const P& p) {{\n  {}\n}}\n"


def made(operator: str, statement: str) -> list[str]:
    """What the statement becomes, in order."""
    source = Source("kernels/op/op.kernel.h", BODY.format(statement))
    found = []
    for edit in sorted(OPERATORS[operator](source), key=lambda one: one.begin):
        text = source.text[:edit.begin] + edit.new + source.text[edit.end:]
        found.append(text.removeprefix("void f(const P& p) {\n  ").removesuffix("\n}\n"))
    return found


# Operator, statement, what it becomes. Each operator has a line, as a test below asks.
MAKES = [
    ("boundary", "if (a < b) g();", ["if (a <= b) g();"]),
    ("boundary", "x = a >= b;", ["x = a > b;"]),
    ("boundary", "auto v = vector<int>(p->size());", []),
    ("equality", "if (a == b && c != d) g();",
     ["if (a != b && c != d) g();", "if (a == b && c == d) g();"]),
    ("logic", "x = a && b;", ["x = a || b;"]),
    ("logic", "f(T&& x);", []),
    ("plus-minus", "x = a + b - c;", ["x = a - b - c;", "x = a + b + c;"]),
    ("plus-minus", "x += a;", ["x -= a;"]),
    ("plus-minus", 'x = "a" + b + "c";', []),
    ("division", "x = a / b % c;", ["x = a % b % c;", "x = a / b / c;"]),
    ("bits", "x = a & b << c;", ["x = a | b << c;", "x = a & b >> c;"]),
    ("off-by-one", "x = a - 1;", ["x = a;"]),
    ("off-by-one", "x = a + 1U + 10;", ["x = a + 10;"]),
    ("constant", "x = 0;", ["x = 1;"]),
    ("constant", "x = 0x7fU + y8 + 1.5f + z[2];", ["x = 0x7eU + y8 + 1.5f + z[2];"]),
    ("barrier", "__syncthreads();", [";"]),
    ("barrier", "async_wait<1>();", [";"]),
    ("stride", "x = p.x_stride[0] + p.q_stride[2];",
     ["x = p.x_stride[1] + p.q_stride[2];", "x = p.x_stride[0] + p.q_stride[1];"]),
    ("stride", "x = p.page_stride;", ["x = p.token_stride;"]),
    ("narrowed-32", "const std::int64_t x = static_cast<std::int64_t>(y);",
     ["const std::int32_t x = static_cast<std::int64_t>(y);",
      "const std::int64_t x = static_cast<std::int32_t>(y);"]),
    ("narrowed-32", "const std::int64_t* x = as<std::int64_t>();", []),
    ("narrowed-16", "std::int32_t x = y;", ["std::int16_t x = y;"]),
    ("guard", "if (a) return;", [";"]),
    ("guard", "if (a) {\n    g();\n    return;\n  }", [";"]),
    ("guard", "if (a) g();", []),
    ("guard", "if (a) return 1; else return 2;", []),
    ("forced", "if (a) return;", ["if (true) return;"]),
    ("forced", "if (S s = g(); !s.ok()) h();",
     ["if (S s = g(); true) h();", "if (S s = g(); false) h();"]),
    ("forced", "const bool x = a < b;", ["const bool x = true;", "const bool x = false;"]),
    ("min-max", "x = std::min(a, b);", ["x = std::max(a, b);"]),
    ("min-max", "x = a > b ? a : b;", ["x = a < b ? a : b;"]),
    ("loop", "for (int i = 0; i < n; ++i) g();",
     ["for (int i = 1; i < n; ++i) g();", "for (int i = 0; i < n - 1; ++i) g();",
      "for (int i = 0; i < n; i += 2) g();"]),
    ("loop", "for (int k = t; k < n; k += w) g();",
     ["for (int k = t; k < n - 1; k += w) g();", "for (int k = t; k < n; k += 2 * (w)) g();"]),
    ("loop", "for (const T& t : all) g();", []),
    ("store", "if (a) out[i] = b;", ["if (a) ;"]),
    ("store", "*out = b;", [";"]),
    ("store", "sum += a * b;", [";"]),
    ("store", "switch (a) {\n    case E::b:\n      *out = c;\n  }",
     ["switch (a) {\n    case E::b:\n      ;\n  }"]),
    ("store", "const int x = a;", []),
    ("store", "T* const x = a;", []),
    ("call", "context.release(x);", [";"]),
    ("call", "const T x = g();", []),
    ("call", "return g();", []),
    ("call", "__syncthreads();", []),
]

UNTOUCHED = [
    "// a < b && c + 1\n",
    "/* if (a < b) return; */\n",
    '#include "a-b/c + 1.h"\n',
    "#define A(x) \\\n  x < 1\n",
    'constexpr const char* kName = "a < b + 1";\n',
    "static_assert(sizeof(int) == 4 && kA < 2 + 1);\n",
    "template <class T, int kN = 2>\nstruct S;\n",
    "constexpr char kName = '<';\n",
]


class Operators(unittest.TestCase):
    def test_what_each_makes(self) -> None:
        for operator, statement, expected in MAKES:
            with self.subTest(operator=operator, statement=statement):
                self.assertEqual(made(operator, statement), expected)

    def test_each_operator_makes_something_above(self) -> None:
        self.assertEqual({operator for operator, _, expected in MAKES if expected}, set(OPERATORS))

    def test_comments_literals_and_what_the_compiler_decides_are_not_edited(self) -> None:
        for text in UNTOUCHED:
            with self.subTest(text=text):
                self.assertEqual(list(mutations_of(Source("kernels/op/op.kernel.h", text))), [])
        # The same words are edited where they are code.
        code = "void f() {\n  if (a < b) return;\n}\n"
        self.assertNotEqual(list(mutations_of(Source("kernels/op/op.kernel.h", code))), [])


TWO = """namespace n {
struct S {
  void f() {
    // The first.
    if (a < b) return;
    c = d;
    if (a < b) return;
  }
};

inline void check_all() { x = a + b; }

inline int g() { return a + b; }
}
"""


class Mutations(unittest.TestCase):
    def setUp(self) -> None:
        self.source = Source("kernels/op/op.kernel.h", TWO)
        self.found = list(mutations_of(self.source))

    def named(self, name: str) -> Mutation:
        return next(mutation for mutation in self.found if mutation.id == name)

    def test_an_id_has_file_place_operator_and_number(self) -> None:
        self.assertEqual(self.named("op-kernel-S-f-boundary-1").place, "S::f")
        self.assertEqual(self.named("op-kernel-g-plus-minus-1").place, "g")

    def test_the_same_edit_in_one_place_has_a_key_of_its_own(self) -> None:
        keys = [mutation.key for mutation in self.found]
        self.assertEqual(len(keys), len(set(keys)))
        second = self.named("op-kernel-S-f-boundary-2")
        self.assertEqual(second.key, ("kernels/op/op.kernel.h", "S::f (2)", "if (a < b) return;",
                                      "if (a <= b) return;"))

    def test_old_text_occurs_once_and_gives_the_edit(self) -> None:
        for mutation in self.found:
            self.assertEqual(TWO.count(mutation.old), 1, mutation.id)
        second = self.named("op-kernel-S-f-boundary-2")
        self.assertEqual(TWO.replace(second.old, second.new),
                         TWO.replace("d;\n    if (a < b)", "d;\n    if (a <= b)"))

    def test_checks_of_arguments_are_left_out(self) -> None:
        self.assertFalse([mutation for mutation in self.found if "check" in mutation.place])

    def test_lines_elsewhere_change_neither_key_nor_choice(self) -> None:
        more = Source(self.source.path, "// A line.\n" + TWO.replace("// The first.", "h(1);"))
        keys = {mutation.key for mutation in mutations_of(more)}
        self.assertLessEqual({mutation.key for mutation in self.found}, keys)
        guards = [mutation for mutation in self.found if mutation.operator == "guard"]
        self.assertEqual(len(guards), 2)
        self.assertEqual(len(chosen(self.found, 1)), len({one.operator for one in self.found}))
        self.assertEqual(chosen(list(reversed(guards)), 1), chosen(guards, 1))


class ThisTree(unittest.TestCase):
    def test_the_list_is_the_same_each_time_and_long_enough(self) -> None:
        first, second = all_mutations(ROOT), all_mutations(ROOT)
        self.assertEqual(first, second)
        self.assertGreaterEqual(len(chosen(first, MOST)), 300)
        for unique in ([mutation.id for mutation in first], [mutation.key for mutation in first]):
            self.assertEqual(len(unique), len(set(unique)))

    def test_each_edited_file_has_variants_that_show_it(self) -> None:
        users = candidates(ROOT)
        for path in {mutation.file for mutation in all_mutations(ROOT)}:
            self.assertTrue(users.get(path), path)
        own = users["kernels/merge_states/merge_states.kernel.h"]
        self.assertEqual(own, [Candidate("merge_states", "scalar"),
                               Candidate("merge_states", "vectorized")])
        shared = {one.op for one in users["kernels/common/async_fetch.h"]}
        # Directly, and what the steps of a layer take from these.
        self.assertEqual(shared, {"strided_bmm", "mla_decode", "prefill_context", "decode_step", "output_step"})


if __name__ == "__main__":
    unittest.main()
