"""Makes torch.bin, its pickle alone, and mixed.safetensors, which tests/unit/test_torch_archive.c,
tests/unit/test_weights.c and the fuzzers read.

python make_weights.py    (any torch since 2.0; the files here are from torch 2.8.0 and safetensors
0.8.0)
"""
import collections
import pathlib
import zipfile

import safetensors.torch
import torch

values = torch.arange(24, dtype=torch.float32) / 8 - 1
state = collections.OrderedDict()
state["f32"] = values.reshape(2, 3, 4).clone()
state["f16"] = values[:6].reshape(3, 2).to(torch.float16)
state["bf16"] = values[:5].to(torch.bfloat16)
state["f64"] = values[:4].to(torch.float64)
state["scalar"] = torch.tensor(0.375)
state["empty"] = torch.zeros(0, 7)
state["five.dimensions"] = values[:2].reshape(1, 1, 1, 1, 2).clone()
state["step"] = torch.tensor([7])
state["mask"] = torch.tensor([True, False])
here = pathlib.Path(__file__).parent
safetensors.torch.save_file(dict(state), here / "mixed.safetensors", {"format": "pt"})

shared = values.clone()
state["parameter"] = torch.nn.Parameter(values[:2].clone())
state["shared.head"] = shared[:8].reshape(2, 4)
state["shared.tail"] = shared[20:]
state["row.of.one"] = shared.reshape(6, 4)[1:2, :]
state["transposed"] = shared.reshape(6, 4).t()
state["every.other"] = shared[::2]
state["epoch"] = 3
state._metadata = collections.OrderedDict({"": {"version": 1}})
torch.save(state, here / "torch.bin")
with zipfile.ZipFile(here / "torch.bin") as archive:
    (here / "torch.pickle").write_bytes(archive.read("torch/data.pkl"))
