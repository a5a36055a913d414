"""Random tiny models of every architecture, size, switch and layout of weights through transformers and through
wn-inspect forward: the same logits, losses, pre-activations and MLP inputs, as they are and under five ablations.

usage: compare_transformers.py SEED COUNT [--build DIR] [--only TYPE,...]     (transformers 4.57.6 or 5.24.0, torch, h5py)
Model number SEED + i is drawn from that seed. Within 1e-5: losses of max(1, |loss|), the rest of the tensor's largest
magnitude; or, where float32 is not that exact on a model, no more than thrice as far from float64 as transformers is.
"""
import sys, os, copy, json, random, shutil, argparse, tempfile, warnings, collections, subprocess
import numpy as np, torch, h5py, transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM
transformers.logging.set_verbosity_error(); warnings.filterwarnings('ignore'); torch.set_num_threads(1)
ap = argparse.ArgumentParser(); ap.add_argument('seed', type=int); ap.add_argument('count', type=int); ap.add_argument('--build', default='build')
ap.add_argument('--only', default='gpt_neox,llama,mistral,qwen2,qwen3,stablelm,opt,gpt2,olmo,olmo2'); A = ap.parse_args()
V5 = int(transformers.__version__.split('.')[0]) >= 5; work = tempfile.mkdtemp(prefix='wn-transformers-')
LAYERS = {'gpt_neox': 'gpt_neox.layers', 'opt': 'model.decoder.layers', 'gpt2': 'transformer.h'}
PREFIX = {'gpt_neox': 'gpt_neox.', 'gpt2': 'transformer.'}
EMBED = {'gpt_neox': 'gpt_neox.embed_in', 'gpt2': 'transformer.wte', 'opt': 'model.decoder.embed_tokens'}
MLP = {'gpt_neox': ('mlp', 'dense_h_to_4h', 'act'), 'gpt2': ('mlp', 'c_fc', 'act'), 'opt': ('', 'fc1', 'activation_fn')}
OUTPUT = {'negative': lambda a: a.clamp(min=0), 'positive': lambda a: a.clamp(max=0), 'both': lambda a: a * 0}
ACTS = ['gelu', 'gelu_new', 'gelu_fast', 'gelu_pytorch_tanh', 'silu', 'swish', 'relu', 'gelu_python', 'gelu_accurate']

def draw(mt, r):
    """the arguments of a configuration of this type"""
    H, L, F, V = r.randint(1, 7), r.randint(1, 5), r.randint(3, 200), r.randint(7, 700); w = r.randint(4, 34); D = H * w
    odds = lambda p: r.random() < p
    act, eps, theta = r.choice(ACTS), r.choice([1e-3, 1e-5, 1e-6]), r.choice([100., 1e4, 12345.6, 5e5])
    rope = r.choice([None, None, dict(rope_type='linear', factor=r.choice([2., 3.7])), dict(rope_type='llama3', factor=r.choice([2., 8.]), low_freq_factor=r.choice([.5, 1.]), high_freq_factor=r.choice([2., 4.]), original_max_position_embeddings=r.choice([8, 33, 64]))])
    c = dict(vocab_size=V, hidden_size=D, num_hidden_layers=L, num_attention_heads=H, max_position_embeddings=128, tie_word_embeddings=odds(.4))
    if mt == 'gpt2':
        c = dict(vocab_size=V, n_embd=D, n_layer=L, n_head=H, n_positions=128, n_inner=r.choice([None, F]), activation_function=act, layer_norm_epsilon=eps, tie_word_embeddings=odds(.7), scale_attn_weights=odds(.85), scale_attn_by_inverse_layer_idx=odds(.2))
    elif mt == 'opt':
        c.update(ffn_dim=F, do_layer_norm_before=odds(.6), word_embed_proj_dim=r.choice([D, r.randint(3, 90)]), activation_function=act, enable_bias=odds(.7), _remove_final_layer_norm=odds(.2), layer_norm_elementwise_affine=not V5 or odds(.8))
    elif mt == 'gpt_neox':
        share = r.choice([0., .1, .25, .3, .5, .75, 1.]); turned = int(w * share)
        if turned + turned % 2 > w: share = .5
        c.update(intermediate_size=F, rotary_pct=share, rotary_emb_base=theta, hidden_act=act, use_parallel_residual=odds(.5), layer_norm_eps=eps, attention_bias=odds(.7), rope_scaling=rope if turned else None)
    else:
        c.update(intermediate_size=F, num_key_value_heads=r.choice([k for k in range(1, H + 1) if H % k == 0]), rope_theta=theta, hidden_act=r.choice(['silu', act]), rope_scaling=rope, bos_token_id=1, eos_token_id=2)
        if mt == 'stablelm': c.update(hidden_size=H * 8 * r.randint(1, 4), use_qkv_bias=odds(.5), layer_norm_eps=eps, partial_rotary_factor=r.choice([.25, .5, 1.]), rope_scaling=None)
        elif w % 2 or mt == 'qwen3' or odds(.3): c['head_dim'] = 2 * r.randint(1, 20)
        if mt not in ('olmo', 'stablelm'): c['rms_norm_eps'] = eps
        if mt in ('llama', 'qwen3', 'olmo', 'olmo2'): c['attention_bias'] = odds(.5)
        if mt == 'llama': c['mlp_bias'] = odds(.5)
        if mt == 'olmo': c['clip_qkv'] = r.choice([None, .5, 2.])
        if mt == 'mistral': c['sliding_window'] = r.choice([None, 1, 2, 9, 31, 4096])
        if mt in ('qwen2', 'qwen3'):
            c.update(use_sliding_window=odds(.6), sliding_window=r.choice([3, 8, 17]), max_window_layers=r.randint(0, L + 1))
            if c['use_sliding_window'] and odds(.4): c['layer_types'] = [r.choice(['full_attention', 'sliding_attention']) for _ in range(L)]
        if mt in ('olmo', 'olmo2') and not V5: c['rope_scaling'] = {'type': 'linear', 'factor': 2.} if rope else None
    return c

def fill(m, mt):
    with torch.no_grad():
        for n, p in m.named_parameters():
            if p.ndim == 2: p.normal_(0, .6 if 'embed' in n or 'wte' in n or 'wpe' in n else 1.4 / p.shape[0 if mt == 'gpt2' else 1] ** .5)
            elif n.endswith('weight'): p.uniform_(.5, 1.5)
            else: p.normal_(0, .2)
    m.tie_weights()

def save(m, mt, d, r):
    """config.json, in the spelling of either version, and weights in one of the layouts; all in types that r draws"""
    head, embed = ('embed_out' if mt == 'gpt_neox' else 'lm_head') + '.weight', EMBED.get(mt, 'model.embed_tokens') + '.weight'
    types = [r.choice([torch.float32, torch.float16, torch.bfloat16, torch.float64])] if r.random() < .7 else [torch.float32, torch.float16, torch.bfloat16, torch.float64]
    with torch.no_grad():
        for p in m.parameters(): p.stored = r.choice(types); p.copy_(p.to(p.stored))
    w = {n.replace('lm_head.', head[:-6]): p.detach().to(p.stored).contiguous() for n, p in m.named_parameters()}; w.pop(head, None) if m.config.tie_word_embeddings else None
    if m.config.tie_word_embeddings:
        k = r.random()
        if k < .3: w[head] = w[embed].clone()                        # both names
        elif k < .5: w[head] = w.pop(embed)                          # the head's alone
    if r.random() < .3: w = {n.removeprefix(PREFIX.get(mt, 'model.')): t for n, t in w.items()}
    if r.random() < .3: w['layers.0.self_attn.rotary_emb.inv_freq'] = torch.ones(4); w['h.0.attn.bias'] = torch.ones(1, 1, 8, 8).bool()
    bin, shards = r.random() < .4, r.choice([1, 1, 2, 4]); base, end = ('pytorch_model', 'bin') if bin else ('model', 'safetensors'); names = list(w); r.shuffle(names)
    write = (lambda x, f: torch.save(collections.OrderedDict(x), f)) if bin else (lambda x, f: save_file(x, f, metadata={'format': 'pt'}))
    files = {i: f'{base}.{end}' if shards == 1 else f'{base}-{i + 1:05d}-of-{shards:05d}.{end}' for i in range(shards)}
    for i, f in files.items(): write({n: w[n] for n in names[i::shards]}, f'{d}/{f}')
    if shards > 1: json.dump({'weight_map': {n: files[i % shards] for i, n in enumerate(names)}}, open(f'{d}/{base}.{end}.index.json', 'w'))
    if not bin and r.random() < .3: torch.save({n: t * 2 for n, t in w.items()}, d + '/pytorch_model.bin'); save_file({'x': torch.ones(3)}, d + '/consolidated.safetensors')
    m.config.save_pretrained(d); j = json.load(open(d + '/config.json')); default = AutoConfig.for_model(mt).to_dict()
    if not V5 and r.random() < .3 and mt not in ('opt', 'gpt2'):     # as transformers 5 spells it
        j['rope_parameters'] = dict(j.pop('rope_scaling', None) or {'rope_type': 'default'}, rope_theta=j.pop('rotary_emb_base' if mt == 'gpt_neox' else 'rope_theta'), **({'partial_rotary_factor': j.pop('rotary_pct')} if mt == 'gpt_neox' else {}))
    if r.random() < .5: j = {k: v for k, v in j.items() if k == 'model_type' or default.get(k) != v}   # defaults left out
    json.dump(j, open(d + '/config.json', 'w'))

class Act(torch.nn.Module):
    def __init__(s, act, at, op): super().__init__(); s.act, s.at, s.op = act, at, op
    def forward(s, x):
        y = s.act(x).clone(); z, a = x[..., s.at], y[..., s.at]
        y[..., s.at] = torch.where(z > 0, z, a) if s.op == 'posrelu' else torch.where(a < 0, a.abs(), a); return y

def reference(m, mt, texts, neurons):
    """what /logits, /nll and so on should be; see wn-inspect forward"""
    owner, first, act = MLP.get(mt, ('mlp', 'gate_proj', 'act_fn')); out, rows, inputs = {}, [], []
    layers = [getattr(x, owner) if owner else x for x in m.get_submodule(LAYERS.get(mt, 'model.layers'))]
    def run(prefix=''):
        with torch.no_grad(): logits = [m(torch.tensor([t])).logits[0].double() for t in texts]
        nll = [torch.cat([torch.full((1,), torch.nan), -torch.log_softmax(g[:-1], -1)[range(len(t) - 1), t[1:]]]) for g, t in zip(logits, texts)]
        out[prefix + 'logits'], out[prefix + 'nll'] = torch.cat(logits).numpy(), torch.cat(nll).numpy()
    hooks = [getattr(x, first).register_forward_hook(lambda _, a, o: (rows.append(o.reshape(-1, o.shape[-1]).double().numpy()), inputs.append(a[0].reshape(-1, a[0].shape[-1]).double().numpy())) and None) for x in layers]
    run(); [h.remove() for h in hooks]
    for name, x in (('preact', rows), ('mlp_input', inputs)): out[name] = np.stack([np.concatenate(x[l::len(layers)]) for l in range(len(layers))])
    for op in ('negative', 'positive', 'both', 'posrelu', 'signflip'):
        undo = []
        for x, n in zip(layers, neurons):
            at = torch.tensor(n, dtype=torch.long)
            def hook(_, a, o, at=at): o = o.clone(); o[..., at] = OUTPUT[op](o[..., at]); return o
            if op in OUTPUT: undo.append(getattr(x, first).register_forward_hook(hook).remove)
            else: old = getattr(x, act); setattr(x, act, Act(old, at, op)); undo.append(lambda x=x, old=old: setattr(x, act, old))
        run(f'ablated/{op}/'); [u() for u in undo]
    return out

def ratio(a, b):
    """the largest difference of two results, in units of the bound, and where"""
    one = lambda n: np.nanmax(np.abs(a[n] - b[n]) / np.maximum(1, np.abs(b[n]))) if n.endswith('nll') else np.abs(a[n] - b[n]).max() / np.abs(b[n]).max()
    return max((float(one(n)) * 1e5, n) for n in b if not np.isnan(b[n]).all())

def exactly(m, *rest):
    """in float64, norms and softmax too, which transformers computes in float32"""
    to, softmax = torch.Tensor.to, torch.nn.functional.softmax
    torch.Tensor.to = lambda x, *a, **k: x if x.dtype == torch.float64 and a[:1] == (torch.float32,) else to(x, *a, **k)
    torch.nn.functional.softmax = lambda x, dim=None, dtype=None, **k: softmax(x, dim=dim)
    try: return reference(m.double(), *rest)
    finally: torch.Tensor.to, torch.nn.functional.softmax = to, softmax

worst, wrong = collections.Counter(), 0
for seed in range(A.seed, A.seed + A.count):
    r = random.Random(seed); torch.manual_seed(seed); rng = np.random.default_rng(seed); mt = r.choice(A.only.split(',')); c = draw(mt, r)
    m = AutoModelForCausalLM.from_config(AutoConfig.for_model(mt, **copy.deepcopy(c)), attn_implementation='eager').float().eval(); fill(m, mt)
    d = f'{work}/{seed}'; os.makedirs(d); save(m, mt, d, r)
    texts = [rng.integers(0, c['vocab_size'], n).tolist() for n in r.choice([(33, 17), (1, 2, 60), (100, 3, 41)])]
    width = c.get('intermediate_size') or c.get('ffn_dim') or c.get('n_inner') or 4 * c['n_embd']
    neurons = np.stack([np.sort(rng.choice(width, min(5, width), replace=False)) for _ in range(m.config.num_hidden_layers)]).astype(np.int32)
    with h5py.File(d + '/in.h5', 'w') as f: f['ids'] = np.concatenate(texts).astype(np.int32); f['lengths'] = np.array([len(t) for t in texts], np.int32); f['neurons'] = neurons
    done = subprocess.run([f'{A.build}/bin/wn-inspect', 'forward', '--model', d, '--input', d + '/in.h5', '--output', d + '/out.h5'], capture_output=True, text=True)
    if done.returncode: wrong += 1; print(f'{d} {mt}: {done.stderr.strip()}\n    {c}'); continue
    theirs = reference(m, mt, texts, neurons)
    with h5py.File(d + '/out.h5') as f: ours = {n: f[n][()].astype(np.float64) for n in theirs}
    off, where = ratio(ours, theirs); note = ''
    if not off <= 1:
        exact = exactly(m, mt, texts, neurons); mine, other = ratio(ours, exact)[0], ratio(theirs, exact)[0]; note = f'; from float64: {mine:.2f} and transformers {other:.2f}'
        bad = not mine <= 3 * max(other, 1 / 3); wrong += bad; print(f'{d} {mt} {where}: {off:.3g} of the bound{note}' + (f'\n    {c}' if bad else ''))
    else: worst[mt] = max(worst[mt], off)
    if off <= 1: shutil.rmtree(d)
print('largest difference, in units of the bound:', {k: round(v, 2) for k, v in sorted(worst.items())}); print(f'{A.count} models, {wrong} wrong')
sys.exit(bool(wrong))
