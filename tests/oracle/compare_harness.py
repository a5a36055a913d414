"""Multiple choice and minimal pairs through lm-evaluation-harness 0.4.13 and through our programs: the same
log-probabilities, acc and acc_norm, from the same local files in the shapes that the data sets are published in.

usage: compare_harness.py MODEL_DIR BLIMP_DIR [--tokenizer FILE] [--items N] [--build DIR]
needs lm_eval[hf] 0.4.13, torch, transformers, h5py, PyYAML; runs from the repository root
MODEL_DIR holds config.json, weights and tokenizer.json (or --tokenizer, with no more tokens than the model has); a copy
gets a tokenizer_config.json that names a special token as BOS and EOS. The items are made up from the sentences of
BLIMP_DIR, so that no data set is needed. Their side is lm_eval's own tasks (lm_eval/tasks), ours configs/benchmarks.yaml.
"""
import sys, os, json, glob, random, shutil, subprocess, tempfile, argparse, yaml
ap = argparse.ArgumentParser(); ap.add_argument('model'); ap.add_argument('blimp'); ap.add_argument('--build', default='build'); ap.add_argument('--items', type=int, default=30); ap.add_argument('--tokenizer')
A = ap.parse_args()
work = tempfile.mkdtemp(prefix='wn-harness-'); data = work + '/data'; os.makedirs(data); r = random.Random(5)
model = work + '/model'; os.makedirs(model)
for f in os.listdir(A.model):
    if os.path.isfile(f'{A.model}/{f}'): shutil.copy(f'{A.model}/{f}', model)
if A.tokenizer: shutil.copy(A.tokenizer, model + '/tokenizer.json')
if not os.path.exists(model + '/tokenizer.json'): shutil.copy(os.path.dirname(os.path.abspath(A.model)) + '/tokenizer.json', model)
tokens = json.load(open(model + '/tokenizer.json'))
special = next(t['content'] for t in tokens['added_tokens'] if t['special'])
json.dump({'tokenizer_class': 'PreTrainedTokenizerFast', 'bos_token': special, 'eos_token': special}, open(model + '/tokenizer_config.json', 'w'))
rows = [json.loads(l) for f in sorted(glob.glob(A.blimp + '/*.jsonl'))[:20] for l in open(f, encoding='utf-8')]
s = lambda: r.choice(rows)['sentence_good']; w = lambda: ' '.join(s().rstrip('.').split()[-r.randint(1, 3):])
N = A.items
def put(name, items):
    with open(f'{data}/{name}.jsonl', 'w', encoding='utf-8') as f:
        for x in items: f.write(json.dumps(x, ensure_ascii=r.random() < .5) + '\n')
letters = 'ABCDE'
def arc():
    n = r.randint(3, 5); return dict(id='x', question=s(), choices=dict(text=[w() for _ in range(n)], label=list(letters[:n])), answerKey=r.choice(letters[:n]))
arc = [arc() for _ in range(N)]
put('arc-hub', arc)
nested = lambda q, x: dict(question=dict(stem=q, choices=[dict(text=t, label=l) for t, l in zip(x['choices']['text'], x['choices']['label'])]), answerKey=x['answerKey'])
put('arc', [nested(x['question'], x) for x in arc])
piqa = [dict(goal=s(), sol1=s(), sol2=s(), label=r.randint(0, 1)) for _ in range(N)]
put('piqa-hub', piqa); put('piqa', [{k: v for k, v in x.items() if k != 'label'} for x in piqa])
open(data + '/piqa.lst', 'w').write(''.join(f"{x['label']}\n" for x in piqa))
put('hellaswag', [dict(activity_label=w(), ctx_a=s() + r.choice(['', ' [header] ' + w() + ' [title] ' + s()]), ctx_b=r.choice(['', w()]), endings=[w() + r.choice(['', ' [step]  ' + w()]) for _ in range(4)], label=str(r.randint(0, 3))) for _ in range(N)])
put('winogrande', [dict(sentence=s() + ' but _ ' + w() + '.', option1=w(), option2=w(), answer=r.choice('12')) for _ in range(N)])
boolq = [dict(passage=s() + ' ' + s(), question=s().rstrip('.'), label=r.randint(0, 1)) for _ in range(N)]
put('boolq-hub', boolq); put('boolq', [dict(question=x['question'], title=w(), answer=bool(x['label']), passage=x['passage']) for x in boolq])
obqa = [dict(question_stem=s().rstrip('.'), choices=dict(text=[w() for _ in range(4)], label=list('ABCD')), answerKey=r.choice('ABCD')) for _ in range(N)]
put('openbookqa-hub', obqa); put('openbookqa', [nested(x['question_stem'], x) for x in obqa])
put('sciq', [dict(question=s(), support=r.choice(['', ' ', '\n']) + s(), distractor1=w(), distractor2=w(), distractor3=w(), correct_answer=w()) for _ in range(N)])
put('mmlu', [dict(question=s() + r.choice(['', ' ']), choices=[w() for _ in range(4)], answer=r.randint(0, 3), subject='abstract_algebra') for _ in range(N)])
put('blimp', [dict(sentence_good=x['sentence_good'], sentence_bad=x['sentence_bad'], linguistics_term=x['linguistics_term']) for x in r.sample(rows, N)])
# ours: configs/benchmarks.yaml with these files in place of its own. theirs: the task's file, fed from the same.
keys = yaml.safe_load(open('configs/benchmarks.yaml'))['benchmarks']
theirs_of = {'arc': 'arc/arc_easy', 'piqa': 'piqa/piqa', 'hellaswag': 'hellaswag/hellaswag', 'winogrande': 'winogrande/default', 'boolq': 'super_glue/boolq/default',
             'openbookqa': 'openbookqa/openbookqa', 'sciq': 'sciq/sciq', 'mmlu': 'mmlu/default/mmlu_abstract_algebra', 'blimp': 'blimp/adjunct_island'}
keys['blimp'] = dict(format='choice', query='', choices=['{sentence_good}', '{sentence_bad}'], gold='0')
for k, x in keys.items():
    x['files'] = [f'{data}/{k}.jsonl']
    if 'answers' in x: x['answers'] = [f'{data}/{k}.lst']
assert set(keys) == {k + e for k in theirs_of for e in ('', '-hub') if k + e in keys}, 'each of ours has one of theirs'
# ours
config = dict(run=dict(name='harness', directory=work + '/run'), model=dict(path=model),
              benchmarks={**keys, 'pairs': dict(files=f'{data}/blimp.jsonl', convention='harness')},
              evaluate=dict(tasks=[dict(choice=k) for k in keys] + [dict(pairs='pairs')], conditions=['baseline']))
json.dump(config, open(work + '/config.yaml', 'w'))     # JSON is YAML
for stage in ('shard', 'evaluate'): subprocess.run([f'{A.build}/bin/wn-{stage}', work + '/config.yaml'], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
# theirs
os.environ['HF_DATASETS_OFFLINE'] = os.environ['HF_HUB_OFFLINE'] = '1'
import numpy as np, h5py, lm_eval
from lm_eval.api.task import ConfigurableTask
from lm_eval.tasks._yaml_loader import load_yaml
from lm_eval.models.huggingface import HFLM
lm = HFLM(pretrained=model, device='cpu', dtype='float32', batch_size=16, tokenizer=model)
bad = 0
for name, path in theirs_of.items():
    hub = name + '-hub' if name + '-hub' in keys else name        # the shape that theirs reads
    spec = load_yaml(f'{os.path.dirname(lm_eval.__file__)}/tasks/{path}.yaml')
    spec = {k: v for k, v in spec.items() if k not in ('dataset_name', 'training_split', 'validation_split', 'fewshot_split', 'fewshot_config', 'tag', 'task_alias')}
    spec.update(task=name, dataset_path='json', dataset_kwargs=dict(data_files=f'{data}/{hub}.jsonl', cache_dir=work + '/cache'), test_split='train',
                metric_list=[dict(metric=m, aggregation='mean', higher_is_better=True) for m in ('acc', 'acc_norm')])
    task = ConfigurableTask(config=spec)
    out = lm_eval.evaluate(lm=lm, task_dict={name: task}, log_samples=True, bootstrap_iters=0)
    samples = sorted(out['samples'][name], key=lambda x: x['doc_id'])
    theirs = np.array([float(x[0]) for q in samples for x in q['filtered_resps']])
    for k in dict.fromkeys((name, hub)):
        with h5py.File(f'{work}/run/results/model/choice-{k}.h5') as f:
            ours, scored = f['baseline/score'][:], f['scored'][:]; acc = {m: f['baseline'].attrs[m] for m in ('acc', 'acc_norm')}
        off = np.abs(ours - theirs) / scored
        same = all(abs(acc[m] - out['results'][name][m + ',none']) < 1e-12 for m in acc); bad += not same or (off > 2e-5 * np.maximum(1, np.abs(theirs) / scored)).any()    # float32: noise grows with the logits
        print(f'{k:14} {len(samples)} items, {len(ours)} choices: off by at most {off.max():.2g} nats a token; acc {acc["acc"]:.4f} acc_norm {acc["acc_norm"]:.4f} {"as" if same else "NOT as"} theirs')
    if name == 'blimp':
        with h5py.File(f'{work}/run/results/model/pairs-pairs.h5') as f: bad += not (f['baseline/score'][:].ravel() == ours).all()
shutil.rmtree(work) if not bad else print('left in', work)
print('all as theirs' if not bad else f'{bad} differ'); sys.exit(bool(bad))
