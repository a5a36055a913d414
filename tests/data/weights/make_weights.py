"""Makes torch.bin, the small state dict that tests/unit/test_torch_archive.c reads.

python make_weights.py    (with any torch since 2.0; the file here is from torch 2.8.0)
"""
import collections
import pathlib

import torch

values = torch.arange(24, dtype=torch.float32) / 8 - 1
state = collections.OrderedDict()
state["f32"] = values.reshape(2, 3, 4).clone()
state["f16"] = values[:6].reshape(3, 2).to(torch.float16)
state["bf16"] = values[:5].to(torch.bfloat16)
state["f64"] = values[:4].to(torch.float64)
state["parameter"] = torch.nn.Parameter(values[:2].clone())
state["scalar"] = torch.tensor(0.375)
state["empty"] = torch.zeros(0, 7)
shared = values.clone()
state["shared.head"] = shared[:8].reshape(2, 4)
state["shared.tail"] = shared[20:]
state["row.of.one"] = shared.reshape(6, 4)[1:2, :]
state["transposed"] = shared.reshape(6, 4).t()
state["every.other"] = shared[::2]
state["five.dimensions"] = values[:2].reshape(1, 1, 1, 1, 2).clone()
state["step"] = torch.tensor([7])
state["mask"] = torch.tensor([True, False])
state["epoch"] = 3
state._metadata = collections.OrderedDict({"": {"version": 1}})
torch.save(state, pathlib.Path(__file__).with_name("torch.bin"))
