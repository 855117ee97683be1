"""Stock flags, takt device: takt-run-module must print what the wheel's iree-run-module prints.

Compiles the small models of models/ with IREE's compiler, as synchronous and as asynchronous
functions, feeds them random inputs (fixed seed), runs each with the stock tool on local-sync and
with takt-run-module on every device URI below, and compares the result files byte by byte.

usage: run_module_test.py VENV TAKT_RUN_MODULE MODELS_DIR
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

SEED = 20
# Function modules (the last one has the entry function) -> shapes of the inputs, results.
MODELS = {
    ("mlp",): ([(4, 48), (48, 64), (64, 32), (32, 12)], 1),
    ("branches",): ([(128, 96), (96, 256), (96, 256)], 2),
    ("dynamic",): ([(37, 40), (40, 24)], 1),
    ("loop",): ([(16, 16), (16, 16), "i32=5"], 1),
    ("stage_a", "stage_b", "pipeline"): ([(8, 32), (32, 64)], 1),
}
TAKT_DEVICES = ("takt", f"takt://?lanes={min(os.sched_getaffinity(0))}",
                "takt://?count=2&pin=0&inline=0", "takt://?count=2&pin=0&policy=dynamic&trace=64",
                "takt://?count=1&workers=0")
COMPILE = ("--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu",
           "--iree-llvmcpu-target-cpu=generic")


def run(command, expect_success=True):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    if expect_success and done.returncode:
        sys.exit(f"status {done.returncode} from {' '.join(map(str, command))}\n{done.stdout}")
    return done


def compile_models(venv, models, execution_model, folder):
    for stem in {stem for stems in MODELS for stem in stems}:
        run([venv / "bin/iree-compile", *COMPILE, f"--iree-execution-model={execution_model}",
             models / f"{stem}.mlir", "-o", folder / f"{stem}.vmfb"])


def input_flags(specs, rng, folder):
    for k, spec in enumerate(specs):
        if isinstance(spec, str):
            yield f"--input={spec.removeprefix('i32=')}"
        else:
            np.save(folder / f"input{k}.npy", rng.standard_normal(spec, dtype=np.float32))
            yield f"--input=@{folder}/input{k}.npy"


def results(tool, device, stems, inputs, count, folder):
    """The bytes of every result file."""
    outputs = [folder / f"output{k}.npy" for k in range(count)]
    for path in outputs:
        path.unlink(missing_ok=True)
    run([tool, f"--device={device}", *(f"--module={folder}/{stem}.vmfb" for stem in stems),
         "--function=main", *inputs, *(f"--output=@{path}" for path in outputs)])
    return [path.read_bytes() for path in outputs]


def compare(venv, tool, execution_model, folder):
    """Messages about every difference."""
    rng = np.random.default_rng(SEED)
    for stems, (specs, count) in MODELS.items():
        inputs = list(input_flags(specs, rng, folder))
        expected = results(venv / "bin/iree-run-module", "local-sync", stems, inputs, count, folder)
        for device in TAKT_DEVICES:
            if results(tool, device, stems, inputs, count, folder) != expected:
                yield f"{stems[-1]} ({execution_model}) on {device} differs from local-sync"
            else:
                print(f"{stems[-1]} ({execution_model}) on {device}: equal")


def refusal(tool, folder):
    """Messages when an unknown device parameter is not answered with the known ones."""
    refused = run([tool, "--device=takt://?lane=1", f"--module={folder}/mlp.vmfb"],
                  expect_success=False)
    if refused.returncode == 0 or "lanes" not in refused.stdout:
        yield f"takt://?lane=1 gives no list of the known parameters:\n{refused.stdout}"


def main():
    venv, tool, models = map(pathlib.Path, sys.argv[1:])
    print(f"seed {SEED}")
    wrong = []
    for execution_model in ("async-internal", "async-external"):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            compile_models(venv, models, execution_model, folder)
            wrong += compare(venv, tool, execution_model, folder)
            wrong += refusal(tool, folder)
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
