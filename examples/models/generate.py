#!/usr/bin/env python3
"""Writes the example networks: generate.py OUT_DIR [--only name]... [--force] [--list]

For each network: NAME.mlir (the ONNX import, for iree-compile --iree-input-type=onnx),
NAME.onnx, and the sample NAME.in<k>.npy with its numpy result NAME.out<k>.npy. The networks'
bytes depend only on these sources and the package versions, named by the stamp in the first line
of the .mlir: a network with the right stamp is skipped. Files appear whole, by rename.
"""

import argparse
import hashlib
import io
import os
import pathlib
import sys
import time
from importlib import metadata

try:
    import numpy as np
    import onnx
    from iree.compiler import ir
    from iree.compiler.extras import onnx_importer
except ImportError as error:
    sys.exit(f"{error.name}: no such package here; use the Python that `./takt setup` prepares")

import detector
import dronet
import estimator
import multihead
import policy
import vit

NETWORKS = {
    "dronet": dronet.dronet,
    "dronet_int8": dronet.dronet_int8,
    "detector": detector.detector,
    "detector_int8": detector.detector_int8,
    "policy": policy.policy,
    "estimator": estimator.estimator,
    "vit": vit.vit,
    "multihead": multihead.multihead,
}


def stamp():
    digest = hashlib.sha256()
    for package in ("numpy", "onnx", "iree-base-compiler"):
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    for source in sorted(pathlib.Path(__file__).parent.glob("*.py")):
        if not source.name.endswith("_test.py"):
            digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return f"// takt example network, stamp {digest.hexdigest()[:16]}"


def write_whole(path, content):
    """Writes `content` (bytes) to `path` so that no one ever sees half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def import_to_mlir(model, name):
    """The ONNX model as MLIR text, in a module that carries the network's name."""
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    context = ir.Context()
    info = onnx_importer.ModelInfo(inferred)
    module_op = info.create_module(context=context).operation
    onnx_importer.NodeImporter.define_function(info.main_graph, module_op).import_all()
    module_op.attributes["sym_name"] = ir.StringAttr.get(name, context)
    return module_op.get_asm(assume_verified=False)


def npy(value):
    buffer = io.BytesIO()
    np.save(buffer, value)
    return buffer.getvalue()


def up_to_date(out_dir, name, line):
    """Whether all files of the network are there and the .mlir has the right stamp."""
    companions = [f"{name}.onnx", f"{name}.in0.npy", f"{name}.out0.npy"]
    if not all((out_dir / file).exists() for file in companions):
        return False
    try:
        with (out_dir / f"{name}.mlir").open() as file:
            return file.readline().rstrip("\n") == line
    except (OSError, UnicodeDecodeError):
        return False


def generate(name, out_dir, line):
    """Writes every file of one network; the .mlir last, since it carries the stamp."""
    net = NETWORKS[name]()
    for tensor in net.outputs:
        if not np.isfinite(tensor.value).all():
            raise ValueError(f"{name}: output {tensor.name} is not finite")
    model = net.model()
    write_whole(out_dir / f"{name}.onnx", model.SerializeToString(deterministic=True))
    for kind, tensors in (("in", net.inputs), ("out", net.outputs)):
        for index, tensor in enumerate(tensors):
            write_whole(out_dir / f"{name}.{kind}{index}.npy",
                        npy(tensor.value.astype(np.float32)))
    text = line + "\n" + import_to_mlir(model, name) + "\n"
    write_whole(out_dir / f"{name}.mlir", text.encode())
    return net


def arguments(argv):
    parser = argparse.ArgumentParser(description="Writes the example networks as .mlir.")
    parser.add_argument("out_dir", nargs="?", type=pathlib.Path)
    parser.add_argument("--only", action="append", choices=sorted(NETWORKS), default=[])
    parser.add_argument("--force", action="store_true", help="write even what is up to date")
    parser.add_argument("--list", action="store_true", help="print the names and leave")
    args = parser.parse_args(argv)
    if not args.list and args.out_dir is None:
        parser.error("OUT_DIR is missing: name a directory for the networks")
    return args


def main(argv=None):
    args = arguments(argv)
    if args.list:
        print("\n".join(NETWORKS))
        return 0
    line = stamp()
    try:
        args.out_dir.mkdir(parents=True, exist_ok=True)
        for name in args.only or NETWORKS:
            path = args.out_dir / f"{name}.mlir"
            if not args.force and up_to_date(args.out_dir, name, line):
                print(f"{path}: up to date")
                continue
            begin = time.monotonic()
            net = generate(name, args.out_dir, line)
            print(f"{path}: {2 * net.macs / 1e6:.2f} MFLOP, "
                  f"written in {time.monotonic() - begin:.1f} s")
    except OSError as error:
        print(f"{error.filename or args.out_dir}: {error.strerror}; "
              "choose a directory that can be written", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
