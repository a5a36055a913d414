"""Prints what tests/oracle/test_weights.c expects of the reference models' weights.

python digest_weights.py ../shared/oracle/zoo    (torch 2.8.0, safetensors 0.8.0)

A digest is the SHA-256 of one line a tensor, by name: "<name> <type> [<extents>] <SHA-256 of its
elements in row-major order>", for the tensors of floating point.
"""
import hashlib
import json
import pathlib
import sys

import safetensors.torch
import torch

TYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64"}


def load(directory):
    state = {}
    for index in sorted(directory.glob("*.index.json")):
        names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
        break
    else:
        names = [p.name for p in directory.glob("*.safetensors")] or ["pytorch_model.bin"]
    for name in names:
        path = directory / name
        if path.suffix == ".bin":
            state.update(torch.load(path, map_location="cpu", weights_only=True))
        else:
            state.update(safetensors.torch.load_file(path))
    return {name: tensor for name, tensor in state.items() if tensor.dtype in TYPES}


for directory in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    state = load(directory)
    text = ""
    for name in sorted(state):
        tensor = state[name].detach().contiguous()
        data = tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
        shape = ",".join(map(str, tensor.shape))
        text += f"{name} {TYPES[tensor.dtype]} [{shape}] {hashlib.sha256(data).hexdigest()}\n"
    print(f'{{"{directory.name}", {len(state)}, "{hashlib.sha256(text.encode()).hexdigest()}"}},')
