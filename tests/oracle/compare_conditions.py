"""The conditions of a run's perplexity through transformers: cohorts as select chose them, groups of layers, factors, means.

usage: compare_conditions.py RUN MODEL CHECKPOINT CORPUS [--window N] [--windows N]     (transformers, torch, h5py)
RUN is a run's directory, MODEL/CHECKPOINT a Hugging Face directory, CORPUS the corpus of a task perplexity-CORPUS without
overlapping windows. For every condition the neurons are those of selection/<cohort>.h5 in the layers that it names, means
those of statistics/; every window's loss must be within 2e-5 nats. Cohorts that a search found must have the perplexity
that it says, where CORPUS and windows are the search's.
"""
import sys, argparse, numpy as np, torch, h5py, transformers
from transformers import AutoModelForCausalLM
transformers.logging.set_verbosity_error(); torch.set_num_threads(1)
ap = argparse.ArgumentParser(); ap.add_argument('run'); ap.add_argument('model'); ap.add_argument('checkpoint'); ap.add_argument('corpus')
ap.add_argument('--window', type=int, default=2048); ap.add_argument('--windows', type=int, default=0); A = ap.parse_args()
m = AutoModelForCausalLM.from_pretrained(f'{A.model}/{A.checkpoint}', dtype=torch.float32).eval()
text = lambda x: x.decode() if isinstance(x, bytes) else str(x)

def layers_of(m):
    for path in ('gpt_neox.layers', 'model.layers', 'model.decoder.layers', 'transformer.h'):
        x = m
        try:
            for p in path.split('.'): x = getattr(x, p)
            return x
        except AttributeError: pass

def parts(layer):
    """owner, name of the first projection, name of the activation"""
    for owner, proj, act in ((getattr(layer, 'mlp', None), 'dense_h_to_4h', 'act'), (getattr(layer, 'mlp', None), 'c_fc', 'act'), (getattr(layer, 'mlp', None), 'gate_proj', 'act_fn'), (layer, 'fc1', 'activation_fn')):
        if hasattr(owner, proj): return owner, proj, act

class Act(torch.nn.Module):
    def __init__(s, act, idx, op): super().__init__(); s.act, s.idx, s.op = act, idx, op
    def forward(s, x):
        y = s.act(x).clone(); z = x[..., s.idx]; a = y[..., s.idx]
        y[..., s.idx] = torch.where(z > 0, z, a) if s.op == 'posrelu' else a.abs()
        return y

ids = h5py.File(f'{A.run}/shards/{A.corpus}.h5')['ids'][:]
starts = list(range(0, len(ids) - A.window + 1, A.window))[:A.windows or None]
batch = torch.from_numpy(np.stack([ids[s:s + A.window] for s in starts]).astype(np.int64))
statistics = h5py.File(f'{A.run}/statistics/{A.checkpoint}.h5'); L = layers_of(m); worst, bad = 0., 0

def losses():
    out = []
    with torch.no_grad():
        for i in range(0, len(batch), 16):
            b = batch[i:i + 16]; g = m(b).logits[:, :-1].double()
            out.append((torch.logsumexp(g, -1) - g.gather(-1, b[:, 1:, None])[..., 0]).mean(1))
    return torch.cat(out).numpy()

def ablate(op, layer, idx, factor, mean):
    owner, proj, act = parts(L[layer]); idx = torch.tensor(idx, dtype=torch.long)
    if op in ('posrelu', 'signflip'):
        old = getattr(owner, act); setattr(owner, act, Act(old, idx, op)); return lambda: setattr(owner, act, old)
    mean = torch.tensor(mean, dtype=torch.float32)
    new = dict(negative=lambda a: a.clamp(min=0), positive=lambda a: a.clamp(max=0), both=lambda a: a * 0, mean=lambda a: torch.where(a < 0, mean, a), scale=lambda a: torch.where(a < 0, a * factor, a))[op]
    def hook(_, a, o): o = o.clone(); o[..., idx] = new(o[..., idx]); return o
    return getattr(owner, proj).register_forward_hook(hook).remove

with h5py.File(f'{A.run}/results/{A.checkpoint}/perplexity-{A.corpus}.h5') as f:
    for name in f:
        if not isinstance(f[name], h5py.Group): continue
        at = f[name].attrs; op, cohort = text(at['ablate']), text(at['cohort']); undo, count = [], 0
        if cohort:
            first, last = map(int, text(at['layers']).split('-')); c = h5py.File(f'{A.run}/selection/{cohort}.h5')[A.checkpoint]; number = list(statistics['layers'][:])
            for l in range(first, last + 1):
                idx = c['neuron'][:][c['layer'][:] == l]; count += len(idx)
                if len(idx): undo.append(ablate(op, l, idx, float(at['factor']) if op == 'scale' else 0., statistics['mean'][number.index(l)][idx]))
        got, want = f[name]['loss'][:], losses()
        for u in undo: u()
        d = np.abs(got - want).max(); worst = max(worst, d); ok = d <= 2e-5 and count == int(at['neurons'])
        note = ''
        if cohort and 'trial_percent' in c and text(c.attrs['answer']) == 'reached': note = f" found by a search at {c.attrs['perplexity']:.6f}"
        bad += not ok; print(f"{'ok  ' if ok else 'FAIL'} {name:40} {count:6} neurons, perplexity {np.exp(want.mean()):.6f}{note}, largest difference {d:.2g}")
print(f'largest difference {worst:.3g} nats, {bad} conditions differ'); sys.exit(bad > 0)
