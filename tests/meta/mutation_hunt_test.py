"""Building and counting generated mutants (ci/mutation), and the file of those that survive."""

import ctypes
import json
import shlex
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ci/mutation"))

import survivors  # noqa: E402
from edits import Mutation, all_mutations, mutations_of  # noqa: E402
from hunt import Attempt, Hunt, Outcome  # noqa: E402
from source import Source  # noqa: E402
from table import tables  # noqa: E402

TWO_GUARDS = """void f() {
  if (a < b) return;
  if (c < d) return;
}
"""


SUBJECT = """
namespace mlacheck {
struct SubjectTable { int value; };
namespace MLACHECK_TARGET::op {
inline SubjectTable subjects() {
  int x = 0;
  if (has_variant("plain")) x = sizeof(int) < 5;
  return {x};
}
}
}
"""
UNIT = "c++ -std=c++20 -O1 -fPIC -Dhas_variant(x)=true -I{root} -o mlacheck_mutants.dir/mutants/a.o -c a.cpp"


class Units(unittest.TestCase):
    """With a compiler, on an op of one file."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.path = "kernels/op/op.subject.h"
        (self.root / "kernels/op").mkdir(parents=True)
        (self.root / self.path).write_text(SUBJECT, encoding="utf-8")
        build = self.root / "build"
        build.mkdir()
        (build / "mlacheck").touch()
        (build / "compile_commands.json").write_text(json.dumps(
            [{"command": shlex.join(UNIT.format(root=self.root).split())}]), encoding="utf-8")
        self.hunt = Hunt(self.root, build, self.root / "work", 1)

    def attempts(self, old: str, new: str) -> list[Attempt | Outcome]:
        mutation = Mutation(self.path, "operator", "place", "name", old, new, old, new)
        return list(self.hunt.attempts(mutation))

    def test_code_that_changes_is_tried(self) -> None:
        found = self.attempts("sizeof(int) < 5", "sizeof(int) < 4")
        self.assertEqual([type(one) for one in found], [Attempt])

    def test_code_that_stays_is_no_mutant(self) -> None:
        found = self.attempts("sizeof(int) < 5", "sizeof(int) <= 5")
        self.assertEqual(found, [Outcome("name", "same code")])

    def test_what_does_not_compile_stops_nothing(self) -> None:
        found = self.attempts("int x = 0;", "int x = y;")
        self.assertEqual(len(found), 1)
        outcome = found[0]
        assert isinstance(outcome, Outcome)
        self.assertEqual(outcome.state, "does not compile")
        self.assertIn("error:", outcome.note)
        self.test_code_that_changes_is_tried()

    def test_a_library_has_what_is_listed(self) -> None:
        # The project's own header of the list, and what it needs of the other.
        for path, text in (("mutant_source.hpp", (ROOT / "harness/subjects/mutant_source.hpp").read_text("utf-8")),
                           ("../op/subject.hpp", "namespace mlacheck {\nstruct SubjectTable;\n}\n")):
            header = self.root / "harness/subjects" / path
            header.parent.mkdir(parents=True, exist_ok=True)
            header.write_text(text, encoding="utf-8")
        tried = [one for one in self.attempts("sizeof(int) < 5", "sizeof(int) < 4") if isinstance(one, Attempt)]
        library = self.root / "some.so"
        self.hunt.compiler.library([one.recipe for one in tried], library)
        count = ctypes.c_size_t()
        ctypes.CDLL(str(library)).mlacheck_mutants(ctypes.byref(count))
        self.assertEqual(count.value, 1)


class Score(unittest.TestCase):
    def test_states_are_counted_and_what_no_check_sees_lowers_the_score(self) -> None:
        found = {mutation.id: mutation for mutation in mutations_of(Source("kernels/op/a.h", TWO_GUARDS))}
        guards = [one for one in found.values() if one.operator == "guard"]
        rows = [(guards[0], Outcome(guards[0].id, "killed")),
                (guards[1], Outcome(guards[1].id, "unseen"))]
        text = tables(rows, ["guard"])
        self.assertRegex(text, r"\| guard +\| +2 \| +0 \| +0 \| +1 \| +0 \| +0 \| +1 \| +0 \|")
        self.assertRegex(text, r"\| guard +\| 1/2 \|")


class Entries(unittest.TestCase):
    def read(self, text: str) -> dict[survivors.Key, survivors.Entry]:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            return survivors.read(Path(file.name))

    def test_an_entry(self) -> None:
        mutation = next(mutations_of(Source("kernels/op/op.kernel.h", TWO_GUARDS)))
        entries = self.read("# why\n\n" + survivors.line_of("unseen", mutation, "a reason") + "\n")
        self.assertEqual(entries, {mutation.key: survivors.Entry("unseen", "a reason")})
        self.assertEqual(survivors.strangers(entries, [mutation]), [])
        self.assertEqual(survivors.strangers(entries, []), [mutation.key])

    def test_each_entry_of_this_tree_has_its_edit(self) -> None:
        entries = survivors.read(ROOT / "tests/mutants/generated-survivors.txt")
        self.assertEqual(survivors.strangers(entries, all_mutations(ROOT)), [])

    def test_what_is_no_entry(self) -> None:
        for text in ("unseen\tb\tc\td\te\n", "unseen\tb\tc\td\te\t \n", "a: b: c: d: e: f\n",
                     "other\tb\tc\td\te\tf\n"):
            with self.subTest(text=text), self.assertRaisesRegex(survivors.EntryError, "expected"):
                self.read(text)
        with self.assertRaisesRegex(survivors.EntryError, "already"):
            self.read("unseen\tb\tc\td\te\tf\nequivalent\tb\tc\td\te\tg\n")


if __name__ == "__main__":
    unittest.main()
