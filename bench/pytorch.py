"""The same minimal pairs through PyTorch, in the way of the study's released code.

usage: python bench/pytorch.py NAME MODEL TOKENIZER RESULTS FILES...
           [--threads 2] [--limit PAIRS] [--mean] [--batches N] [--percent P]

Needs torch, transformers and h5py. All sentences in their order, in batches of 128 padded on the
right, through transformers' model in float32, log_softmax over the whole vocabulary at every
position; a condition (the baseline; with --percent also a forward hook that clamps the negative
pre-activations of so many neurons) starts from the first layer. Only N batches, evenly spread, are
run (0: all); their time is extrapolated by the padded tokens. FILES: BLiMP's .jsonl, TSE's .pickle.
The scores are compared with those in RESULTS, what wn-evaluate wrote for the same pairs.
Prints lines for people and figures as bench/run gathers them.
"""
import argparse
import json
import pickle
import time

import h5py
import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

BATCH = 128
CUBE = 2048


def read_pairs(path, limit):
    if path.endswith('.jsonl'):
        with open(path, encoding='utf-8') as lines:
            rows = [json.loads(line) for line in lines]
        return [(row['sentence_good'], row['sentence_bad']) for row in rows[:limit]]
    with open(path, 'rb') as file:
        cases = pickle.load(file)
    pairs = [(' '.join(str(row[0]).split()), ' '.join(str(row[-1]).split()))
             for rows in cases.values() for row in rows]
    return [pair for pair in pairs if not {'', 'None'} & set(pair)][:limit]


def sgemm_gflops():
    a, b = torch.rand(CUBE, CUBE), torch.rand(CUBE, CUBE)
    a @ b
    start = time.perf_counter()
    for _ in range(5):
        a @ b
    return 5 * 2e-9 * CUBE**3 / (time.perf_counter() - start)


def score(model, batch, mean):
    """Sum (mean) of the log-probabilities of each sentence's tokens but the first."""
    longest = max(map(len, batch))
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, sentence in enumerate(batch):
        ids[row, :len(sentence)] = torch.tensor(sentence)
        mask[row, :len(sentence)] = 1
    logits = model(input_ids=ids, attention_mask=mask).logits
    log_probability = torch.log_softmax(logits[:, :-1], dim=-1)
    token = log_probability.gather(-1, ids[:, 1:, None])[..., 0] * mask[:, 1:]
    return token.sum(-1) / mask[:, 1:].sum(-1) if mean else token.sum(-1)


def clamp_negative(model, percent):
    """Hooks on the MLPs' first projections."""
    hooks = []
    for layer in model.gpt_neox.layers:
        projection = layer.mlp.dense_h_to_4h
        neurons = torch.arange(int(projection.out_features * percent / 100)) * 7

        def hook(_module, _input, output, neurons=neurons):
            output[..., neurons] = output[..., neurons].clamp(min=0)
            return output
        hooks.append(projection.register_forward_hook(hook))
    return hooks


def run(model, batches, chosen, mean):
    """Seconds for all batches, extrapolated from the chosen, and the chosen's scores."""
    def padded(batch):
        return len(batch) * max(map(len, batch))
    scores, start = {}, time.perf_counter()
    for b in chosen:
        scores[b] = score(model, batches[b], mean)
    seconds = time.perf_counter() - start
    return seconds * sum(map(padded, batches)) / sum(padded(batches[b]) for b in chosen), scores


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in 'name', 'model', 'tokenizer', 'results':
        parser.add_argument(name)
    parser.add_argument('files', nargs='+')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--limit', type=int)
    parser.add_argument('--mean', action='store_true')
    parser.add_argument('--batches', type=int, default=0)
    parser.add_argument('--percent', type=float, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    torch.set_grad_enabled(False)
    model = AutoModelForCausalLM.from_pretrained(asked.model, dtype=torch.float32).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=asked.tokenizer)
    sentences = [sentence for path in sorted(asked.files)
                 for pair in read_pairs(path, asked.limit) for sentence in pair]

    start = time.perf_counter()
    batches = [tokenizer(sentences[i:i + BATCH])['input_ids']
               for i in range(0, len(sentences), BATCH)]
    tokenising = time.perf_counter() - start
    count = min(asked.batches or len(batches), len(batches))
    chosen = [i * len(batches) // count for i in range(count)]
    score(model, batches[0], asked.mean)  # warms up
    before = sgemm_gflops()
    seconds, scores = run(model, batches, chosen, asked.mean)
    gflops = (before + sgemm_gflops()) / 2
    print(f'{asked.name}: {len(sentences)} sentences, {count} of {len(batches)} batches in PyTorch: '
          f'{tokenising + seconds:.1f} s (tokenising {tokenising:.1f} s), '
          f'its sgemm {gflops:.1f} GFLOP/s')
    print(f'figure {asked.name}.pytorch_seconds {tokenising + seconds:.5g}')
    print(f'figure {asked.name}.pytorch_sgemm_gflops {gflops:.5g}')

    with h5py.File(asked.results) as file:
        ours = torch.tensor(file['baseline/score'][:].reshape(-1))
    worst = max((scores[b] - ours[b * BATCH:b * BATCH + len(scores[b])]).abs().max().item()
                for b in chosen)
    print(f'figure {asked.name}.largest_difference {worst:.3g}')
    if asked.percent:
        hooks = clamp_negative(model, asked.percent)
        hooked, _ = run(model, batches, chosen, asked.mean)
        for hook in hooks:
            hook.remove()
        print(f'figure {asked.name}.pytorch_ablated_seconds {tokenising + hooked:.5g}')


if __name__ == '__main__':
    main()
