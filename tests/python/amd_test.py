"""mlacheck.amd: code objects of AMD, interpreted, alone and in Python subjects.

    python3 tests/python/amd_test.py build/cpu/mlacheck PYTHON
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import support
from amd_assembled import SCALE, assembled, missing
from support import PACKAGE, SUBJECTS, PythonSubjects

LIBRARY = "libmlacheck_amd.so"
CASE = "strided_bmm(T=70)"


class Amd(PythonSubjects):
    def environment(self) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")]),
                             "MLACHECK": self.program}

    def test_instruction_forms_and_launches(self) -> None:
        if not self.has_module("numpy"):
            self.skipTest("numpy is not installed")
        for forms in ("amd_forms.py", "amd_gfx950_forms.py"):
            with self.subTest(forms=forms):
                done = subprocess.run([self.python, "-B", str(Path(__file__).parent / forms)], capture_output=True,
                                      text=True, check=False, env=self.environment(), timeout=280)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                if missing() is None:
                    self.assertNotIn("skipped", done.stderr)

    def test_a_subject_that_launches_a_code_object(self) -> None:
        if missing() is not None:
            self.skipTest(str(missing()))
        path = SUBJECTS / "amd_scale.py"
        done = self.replay(path, "scale", CASE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # One lane writes past the rows of the call: the interpreter knows no memory there.
        done = self.replay(path, "scale_one_too_many", CASE)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("memory load of 4 bytes", support.unwrapped(done.stdout))
        self.assertIn("device AMD machine code, interpreted on ", " ".join(done.stdout.split()))
        # One lane is missing: nobody writes the last element, and it holds what the harness had put there.
        done = self.replay(path, "scale_one_too_few", CASE)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("never written (still the poison)", support.unwrapped(done.stdout))

    def test_a_code_object_with_a_manifest(self) -> None:
        if missing() is not None:
            self.skipTest(str(missing()))
        manifest = {
            "op": "strided_bmm", "variant": "scale", "kernel": "k", "agreement": "within_bound", "block": [64],
            "domain": "dtype=f32 latent=1 V=1 H=1 T>=1 T<=300 x.layout=dense w.layout=dense out.layout=dense",
            "grid": ["ceil(size(out, 0), 64) + 1"]}
        with tempfile.TemporaryDirectory() as folder:
            code = Path(folder) / "scale.co"
            code.write_bytes(assembled(SCALE, 4, "gfx90a"))
            beside, named = Path(folder) / "scale.json", Path(folder) / "other.json"

            def replay(arguments: list[object], file: Path) -> support.Done:
                file.write_text(json.dumps(manifest | {"arguments": arguments}), encoding="utf-8")
                more = ["--manifest", str(file)] if file == named else []
                return self.replay(code, "scale", CASE, *more)

            right = ["x", "w", "out", {"i64": "size(out, 0)"}]
            for file in (beside, named):
                done = replay(right, file)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("PASSED", done.stdout)
            beside.unlink()
            done = self.replay(code, "scale", CASE)
            self.assertIn("no such file, expected the manifest of scale.co (--manifest)",
                          support.unwrapped(done.stdout + done.stderr))
            # One element too few, in a second manifest: the command that repeats the failure names it.
            done = replay([*right[:3], {"i64": "size(out, 0) - 1"}], named)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn("never written (still the poison)", support.unwrapped(done.stdout))
            self.assertIn("device AMD machine code, interpreted on ", " ".join(done.stdout.split()))
            for arguments, message in (
                    (["x", "w", "out", {"i64": "__import__(1)"}], "expected min, max, ceil(a, b), size(operand, axis)"),
                    (["x", "w", "out", {"i16": "1"}], "argument {'i16': '1'}: expected the name of an operand"),
                    (["x", "w", "outt", right[3]], "parameter 'outt' is nothing that a call of strided_bmm holds"),
                    (["x", "w", "out", {"i64": "size(out, 0) // 0"}], "'size(out, 0) // 0': divides by 0"),
                    (["x", "w", "out", {"i32": "4294967296"}], "its value is 4294967296, expected one that fits i32")):
                done = replay(arguments, named)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(message, support.unwrapped(done.stdout + done.stderr))

    def test_decode_objects_where_they_are_installed(self) -> None:
        done = subprocess.run([self.python, "-c", "from mlacheck.upstream import aiter_amd; print(aiter_amd.folder())"],
                              capture_output=True, text=True, check=True, env=self.environment())
        if done.stdout.strip() == "None":
            self.skipTest("aiter_meta is not installed, and $MLACHECK_AITER_META is not set")
        case = "mla_decode(dtype=bf16,requests=[{0}:{1},{0}:9],H={2},latent=512,rope=64,page_map=csr,splits={3})"
        for variant, queries, heads in (("mqa16", 1, 16), ("mqa128", 1, 128), ("qh16_m16x4", 3, 16),
                                        ("qh16_m32x4", 7, 16)):
            with self.subTest(variant=variant):
                done = self.replay("mlacheck.upstream.aiter_amd", f"aiter_{variant}_known",
                                   case.format(queries, 130, heads, 3))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("PASSED", done.stdout)
        # A request without keys is 0 divided by 0, and with 4 query tokens and one split it is not written at all.
        done = self.replay("mlacheck.upstream.aiter_amd", "aiter_mqa16", case.format(1, 0, 16, 3))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout, "got -?nan .* expected 0 ")
        done = self.replay("mlacheck.upstream.aiter_amd", "aiter_qh16_m16x4", case.format(4, 0, 16, 1))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("never written (still the poison), expected 0 ", support.unwrapped(done.stdout))

        # The persistent object, and its wrong result where a request's last part has fewer keys than query tokens.
        persistent = "mlacheck.upstream.aiter_amd_persistent"
        done = self.replay(persistent, "aiter_ps_bf16_known", case.format(1, 130, 16, 1))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.replay(persistent, "aiter_ps_bf16",
                           "mla_decode(dtype=bf16,requests=[4:130],H=16,latent=512,rope=64,page_map=csr)")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("K1", done.stdout)

    def test_decode_objects_under_checks_where_they_are_installed(self) -> None:
        done = subprocess.run([self.python, "-c", "from mlacheck.upstream import aiter_amd; print(aiter_amd.folder())"],
                              capture_output=True, text=True, check=True, env=self.environment())
        if done.stdout.strip() == "None":
            self.skipTest("aiter_meta is not installed, and $MLACHECK_AITER_META is not set")
        script = PACKAGE.parent / "examples/python/amd/decode_checks.py"
        for target in ("gfx942", "gfx950"):
            with self.subTest(target=target):
                done = subprocess.run([self.python, "-B", str(script), "--in-step", "aiter_mqa16"], capture_output=True,
                                      text=True, check=False, timeout=280,
                                      env=self.environment() | {"MLACHECK_AITER_TARGET": target})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("[1:130] S=1 undefined: nothing\n", done.stdout)
                self.assertIn("[1:130] S=1 waits: LDS at 1024 is read while 'ds_write_b128 ", done.stdout)
                self.assertIn("[1:130] S=1 races: race in memory: a store changes the byte", done.stdout)

    def test_mxfp4_kernels_where_they_are_installed(self) -> None:
        done = subprocess.run([self.python, "-c", "from mlacheck.upstream import aiter_mxfp4_amd as aiter; "
                               "print(aiter.unavailable())"],
                              capture_output=True, text=True, check=True, env=self.environment())
        if done.stdout.strip() != "None":
            self.skipTest(done.stdout.strip())
        module = "mlacheck.upstream.aiter_mxfp4_amd"
        for variant, case in (("aiter_product_known", "quantized_bmm(T=3,V=512,blocks=4,values=ties)"),
                              ("aiter_product_known", "quantized_bmm(T=3,H=2,V=128,blocks=16,out_dtype=bf16)"),
                              ("aiter_flatten_mxfp4_gfx950_known", "flatten_quant(T=2,H=2,V=128,values=ties)")):
            with self.subTest(variant=variant, case=case):
                done = self.replay(module, variant, case)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("PASSED", done.stdout)
        # As shipped, 1.25 becomes 1.5.
        done = self.replay(module, "aiter_flatten_mxfp4_gfx950", "flatten_quant(V=4,values=ties)")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("K14", done.stdout)

    def test_without_the_library(self) -> None:
        done = subprocess.run([self.python, "-c", "from mlacheck import amd; print(amd.unavailable())"],
                              capture_output=True, text=True, check=False,
                              env=self.environment() | {"MLACHECK_AMD_LIBRARY": "/nowhere/" + LIBRARY})
        self.assertIn(f"needs the interpreter: {LIBRARY}: expected it at one of /nowhere/{LIBRARY}", done.stdout,
                      done.stderr)

    def test_without_the_disassembler(self) -> None:
        # A file that is no library lies where that of LLVM is looked for first.
        with tempfile.TemporaryDirectory() as folder:
            for library in ("libLLVM-15.so.1", "libLLVM.so.19.1"):
                (Path(folder) / library).touch()
            program = "from mlacheck import amd; print(amd.unavailable('gfx90a'), amd.unavailable('gfx942'), sep='\\n')"
            done = subprocess.run([self.python, "-c", program], capture_output=True, text=True, check=False,
                                  env=self.environment() | {"LD_LIBRARY_PATH": folder})
            lines = done.stdout.splitlines()
            self.assertEqual(len(lines), 2, done.stdout + done.stderr)
            for line, text in zip(lines, ("libLLVM-15.so.1, which disassembles code for gfx90a, cannot be loaded "
                                          "(Debian's package: libllvm15)",
                                          "libLLVM.so.19.1, which disassembles code for gfx942, cannot be loaded "
                                          "(Debian's package: libllvm19)")):
                self.assertIn(f"needs the interpreter: {text}", line)

    def test_an_unknown_target_is_named(self) -> None:
        done = subprocess.run([self.python, "-c", "from mlacheck import amd; print(amd.unavailable('gfx9'))"],
                              capture_output=True, text=True, check=False, env=self.environment())
        self.assertIn("target 'gfx9': expected gfx90a, gfx942, gfx950 or gfx1030", done.stdout, done.stderr)


if __name__ == "__main__":
    support.main()
