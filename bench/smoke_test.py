"""transposed_view_bench and layer_bench on the CPU at tiny sizes: they run, and their tables are consistent.

    python3 bench/smoke_test.py build/cpu/transposed_view_bench build/cpu/layer_bench
"""

import re
import subprocess
import sys
import time
import unittest

PROGRAM = ""
LAYER = ""
TITLES = ["quantized_bmm a16wfp4: copy against strided", "quantized_bmm fp8: copy against strided",
          "strided_bmm bf16: copy against strided"]
LAYERS = 1000
SPREAD = re.compile(r"(-?[\d.]+) \((-?[\d.]+) to (-?[\d.]+)\)")


def run(*arguments, program=""):
    return subprocess.run([program or PROGRAM, *arguments], capture_output=True, text=True, timeout=250,
                          check=False)


def tables_of(text):
    """Title to rows, each row a dictionary by the header's cells."""
    tables, rows, names = {}, None, None
    for line in text.splitlines():
        if line.startswith("### "):
            rows = tables.setdefault(line[4:], [])
            names = None
        elif line.startswith("|---"):
            continue
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if names is None:
                names = cells
            else:
                rows.append(dict(zip(names, cells, strict=True)))
    return tables


class Smoke(unittest.TestCase):
    def check_row(self, row, columns):
        copy, strided = float(row["copy us"]), float(row["strided us"])
        self.assertGreater(copy, 0)
        self.assertGreater(strided, 0)
        self.assertAlmostEqual(float(row["copy / strided"]), copy / strided, delta=0.01)
        for name in ("difference us (quartiles)", "copying launch us (quartiles)"):
            median, lower, upper = map(float, SPREAD.fullmatch(row[name]).groups())
            self.assertLessEqual(lower, median)
            self.assertLessEqual(median, upper)
        difference = float(SPREAD.fullmatch(row["difference us (quartiles)"])[1])
        self.assertAlmostEqual(float(row[f"difference x {LAYERS} layers us"]), difference * LAYERS,
                               delta=0.01 * LAYERS)
        self.assertEqual(row["launches"], "2 / 1")
        elements = int(row["batch"]) * int(row["heads"]) * columns
        self.assertEqual(row["bytes copied"], f"{2 * elements} / 0")
        self.assertGreaterEqual(int(row["calls a batch"]), 1)

    def check_only_round(self, row):
        spread = SPREAD.fullmatch(row["difference us (quartiles)"]).groups()
        self.assertEqual(len(set(spread)), 1)
        self.assertAlmostEqual(float(spread[0]),
                               float(row["copy us"]) - float(row["strided us"]), delta=0.02)

    def test_tables_say_what_the_contracts_say(self):
        columns = 40
        for backend, rounds in (("cpu.w32", 3), ("cpu.w64", 1)):
            result = run("--backend", backend, "--batch", "1", "17", "--heads", "1", "3", "--depth",
                         "160", "--columns", str(columns), "--rounds", str(rounds),
                         "--milliseconds", "0.1", "--layers", str(LAYERS))
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertIn(f"{backend}, ", result.stdout)
            self.assertIn("K = 160, V = 40, bf16 output; plain launches, medians of "
                          f"{rounds} rounds", result.stdout)
            self.assertIn("cublas_copy against cublas: skipped, no variant cublas_copy on "
                          f"{backend}", result.stdout)
            tables = tables_of(result.stdout)
            self.assertEqual(list(tables), TITLES)
            for rows in tables.values():
                self.assertEqual([(row["batch"], row["heads"]) for row in rows],
                                 [("1", "1"), ("17", "1"), ("1", "3"), ("17", "3")])
                for row in rows:
                    self.check_row(row, columns)
                    if rounds == 1:
                        self.check_only_round(row)

    def test_times_are_microseconds_of_a_call(self):
        # Differences drown in the noise of a busy machine; the sum of all calls does not.
        rounds = 3
        started = time.monotonic()
        result = run("--backend", "cpu.w32", "--batch", "32", "--heads", "4", "--depth", "256",
                     "--rounds", str(rounds), "--milliseconds", "0.1")
        elapsed = (time.monotonic() - started) * 1e6
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        timed = 0
        for (row,) in tables_of(result.stdout).values():
            # The product without its copy takes turns as well, as long as strided.
            round_us = float(row["copy us"]) + 2 * float(row["strided us"])
            timed += round_us * int(row["calls a batch"]) * rounds
        self.assertLess(timed, 1.5 * elapsed)
        self.assertGreater(timed, elapsed / 8)

    def test_bad_usage_exits_with_2_and_says_what_was_expected(self):
        for arguments, message in (
                (["--backend", "gpu"], "--backend 'gpu': expected one of cpu.w32 cpu.w64"),
                (["--backend", "cpu.w32", "--launches", "graph"], "cpu.w32 has no graphs"),
                (["--launches", "eager"], "--launches 'eager': expected one of graph plain"),
                (["--depth", "33"], "--depth 33: expected a multiple of 32"),
                (["--batch", "0"], "--batch '0': expected a whole number from 1 to 1048576"),
                (["--batch", "1", "2x"], "--batch '2x': expected a whole number"),
                (["--rounds", "9223372036854775808"], "--rounds '9223372036854775808': expected"),
                (["--milliseconds", "nan"], "--milliseconds 'nan': expected a number"),
                (["--bacth", "1"], "did you mean '--batch'?"),
                (["16"], "takes options only")):
            result = run(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(message, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_without_arguments_it_takes_seconds(self):
        started = time.monotonic()
        result = run()
        self.assertLess(time.monotonic() - started, 60)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("cpu.w32, ", result.stdout)
        self.assertEqual(list(tables_of(result.stdout)), TITLES)
        for rows in tables_of(result.stdout).values():
            self.assertEqual([(row["batch"], row["heads"]) for row in rows],
                             [("1", "2"), ("4", "2")])

    def test_help_fits_and_its_options_are_accepted(self):
        text = run("--help").stdout
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        options = re.findall(r"^  (--[a-z]+) [A-Z]", text, re.MULTILINE)
        self.assertGreaterEqual(len(options), 9)
        for option in options:
            value = {"--backend": "cpu.w32", "--launches": "plain", "--depth": "32"}.get(option, "2")
            result = run(option, value, "--help")
            self.assertEqual((result.returncode, result.stdout), (0, text), option)


class Layer(unittest.TestCase):
    """launches, bytes allocated and bytes copied are worked out here from docs/layer.md, not by the contracts."""

    def tables(self, *arguments):
        result = run("--backend", "cpu.w32", "--rounds", "1", "--milliseconds", "0.1", *arguments, program=LAYER)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return tables_of(result.stdout)

    def check_times(self, row, before, after):
        first, second = float(row[f"{before} us"]), float(row[f"{after} us"])
        self.assertGreater(second, 0)
        self.assertAlmostEqual(float(row[f"{before} / {after}"]), first / second, delta=0.01)
        median = float(SPREAD.fullmatch(row["difference us (quartiles)"])[1])
        self.assertAlmostEqual(median, first - second, delta=0.02)

    def test_decode_step(self):
        tables = self.tables("--op", "decode_step", "--heads", "1", "2", "--requests", "2", "--keys", "1", "3")
        self.assertEqual(list(tables), ["decode_step: plain against optimised, plain launches"])
        (rows,) = tables.values()
        self.assertEqual([(row["heads"], row["requests"], row["keys"]) for row in rows],
                         [("1", "2", "1"), ("1", "2", "3"), ("2", "2", "1"), ("2", "2", "3")])
        for row in rows:
            self.check_times(row, "plain", "optimised")
            self.assertEqual(row["launches"], "12 / 7")
            # Of each row of two tokens: 64 rope columns, beside 512 and 128 of two products.
            row_bytes = 2 * 2 * int(row["heads"])
            self.assertEqual(row["bytes copied"], f"{row_bytes * (64 + 512 + 128)} / {row_bytes * 64}")

    def test_prefill_context(self):
        tables = self.tables("--op", "prefill_context", "--heads", "1", "2", "--requests", "2", "--context", "5", "6",
                             "--new-tokens", "2", "--chunks", "3")
        self.assertEqual(list(tables), ["prefill_context: fresh against swapped, plain launches"])
        (rows,) = tables.values()
        self.assertEqual([(row["heads"], row["requests"], row["context"]) for row in rows],
                         [("1", "2", "5"), ("1", "2", "6"), ("2", "2", "5"), ("2", "2", "6")])
        for row in rows:
            self.check_times(row, "fresh", "swapped")
            # New tokens and the plan; four for each of three chunks; two merges and the last one.
            launches = 3 + 1 + 3 * 4 + 2 + 1
            self.assertEqual(row["launches"], f"{launches} / {launches}")
            made = 2 * int(row["heads"])  # bytes of a column of all heads of one row
            # Four new tokens, chunks of 2 tokens of 2 requests, and their 4 states; starts of 3 chunks.
            always = 4 * made * (256 + 192) + 4 * (2 * 576 + made * (256 + 192)) + 3 * 3 * 4 \
                + 4 * 4 * (made * 192 + 2 * made)
            merged = 4 * (made * 128 + 2 * made)
            self.assertEqual(row["bytes allocated"], f"{always + 2 * merged} / {always + merged}")
            self.assertEqual(row["bytes copied"], f"{4 * made * 192} / {4 * made * 192}")

    def test_output_step(self):
        tables = self.tables("--op", "output_step", "--heads", "1", "2", "--requests", "1", "3", "--tokens", "2",
                             "--hidden", "40")
        self.assertEqual(list(tables), [f"output_step {form}: plain against optimised, plain launches"
                                        for form in ("MXFP4", "FP8")])
        for rows in tables.values():
            self.assertEqual([(row["heads"], row["tokens"]) for row in rows],
                             [("1", "2"), ("1", "6"), ("2", "2"), ("2", "6")])
            for row in rows:
                self.check_times(row, "plain", "optimised")
                self.assertEqual(row["launches"], "5 / 3")
                # The dense product and the flat copy.
                both = 2 * 2 * 128 * int(row["heads"]) * int(row["tokens"])
                self.assertEqual(row["bytes allocated"], f"{both} / 0")
                self.assertEqual(row["bytes copied"], f"{both} / 0")

    def test_without_options_it_times_each_op_in_seconds(self):
        started = time.monotonic()
        result = run(program=LAYER)
        self.assertLess(time.monotonic() - started, 60)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        tables = tables_of(result.stdout)
        self.assertEqual([title.split(":")[0] for title in tables],
                         ["prefill_context", "decode_step", "output_step MXFP4", "output_step FP8"])
        self.assertEqual([len(rows) for rows in tables.values()], [1, 1, 1, 1])

    def test_bad_usage_exits_with_2_and_says_what_was_expected(self):
        for arguments, message in (
                (["--backend", "gpu"], "--backend 'gpu': expected one of cpu.w32 cpu.w64"),
                (["--backend", "cpu.w32", "--launches", "graph"], "cpu.w32 has no graphs"),
                (["--launches", "eager"], "--launches 'eager': expected one of plain graph"),
                (["--keys", "2", "--tokens", "3"], "--keys 2: expected at least the 3 tokens of a request"),
                (["--context", "2", "--chunks", "3"], "--context 2: expected at least the 3 chunks"),
                (["--op", "decode"], "--op 'decode': expected one of prefill_context decode_step output_step"),
                (["--heads", "0"], "--heads '0': expected a whole number from 1 to 1048576")):
            result = run(*arguments, program=LAYER)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(message, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: smoke_test.py PROGRAM LAYER_PROGRAM [unittest options]")
    PROGRAM, LAYER = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
