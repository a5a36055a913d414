"""Multiple choice and minimal pairs through lm-evaluation-harness 0.4.13 and through our programs: the same
log-probabilities, acc and acc_norm, from the same local files in the shapes that the data sets are published in.

usage: compare_harness.py MODEL_DIR BLIMP_DIR [--build DIR]       (needs lm_eval 0.4.13, torch, transformers, h5py)
MODEL_DIR holds config.json, weights and tokenizer.json; a copy gets a tokenizer_config.json that names <|endoftext|>.
The items are made up from the sentences of BLiMP_DIR, so that no data set is needed; templates are those of lm_eval's
own tasks (lm_eval/tasks/<name>), and beside each stands the configuration that makes it ours.
"""
import sys, os, json, glob, random, shutil, subprocess, tempfile, argparse
ap = argparse.ArgumentParser(); ap.add_argument('model'); ap.add_argument('blimp'); ap.add_argument('--build', default='build'); ap.add_argument('--items', type=int, default=30)
A = ap.parse_args()
work = tempfile.mkdtemp(prefix='wn-harness-'); data = work + '/data'; os.makedirs(data); r = random.Random(5)
model = work + '/model'; os.makedirs(model)
for f in os.listdir(A.model):
    if os.path.isfile(f'{A.model}/{f}'): shutil.copy(f'{A.model}/{f}', model)
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
put('arc', [arc() for _ in range(N)])
put('piqa', [dict(goal=s(), sol1=s(), sol2=s(), label=r.randint(0, 1)) for _ in range(N)])
put('hellaswag', [dict(activity_label=w(), ctx_a=s() + r.choice(['', ' [header] ' + w() + ' [title] ' + s()]), ctx_b=r.choice(['', w()]), endings=[w() + r.choice(['', ' [step]  ' + w()]) for _ in range(4)], label=str(r.randint(0, 3))) for _ in range(N)])
put('winogrande', [dict(sentence=s() + ' but _ ' + w() + '.', option1=w(), option2=w(), answer=r.choice('12')) for _ in range(N)])
put('boolq', [dict(passage=s() + ' ' + s(), question=s().rstrip('.'), label=r.randint(0, 1)) for _ in range(N)])
put('openbookqa', [dict(question_stem=s().rstrip('.'), choices=dict(text=[w() for _ in range(4)], label=list('ABCD')), answerKey=r.choice('ABCD') + r.choice(['', ' '])[:0]) for _ in range(N)])
put('sciq', [dict(question=s(), support=r.choice(['', ' ', '\n']) + s(), distractor1=w(), distractor2=w(), distractor3=w(), correct_answer=w()) for _ in range(N)])
put('mmlu', [dict(question=s() + r.choice(['', ' ']), choices=[w() for _ in range(4)], answer=r.randint(0, 3), subject='grammar') for _ in range(N)])
put('blimp', [dict(sentence_good=x['sentence_good'], sentence_bad=x['sentence_bad'], linguistics_term=x['linguistics_term']) for x in r.sample(rows, N)])
def clean(t):
    import re
    return re.sub('\\[.*?\\]', '', t.strip().replace(' [title]', '. ')).replace('  ', ' ')
# name: (doc_to_text, doc_to_choice, doc_to_target, ours)
P = lambda **k: k
tasks = {
    'arc': ('Question: {{question}}\nAnswer:', '{{choices.text}}', '{{choices.label.index(answerKey)}}', P(query='Question: {question}\nAnswer:', choices='{choices.text}', gold='{answerKey}', gold_is='label')),
    'piqa': ('Question: {{goal}}\nAnswer:', '{{[sol1, sol2]}}', 'label', P(query='Question: {goal}\nAnswer:', choices=['{sol1}', '{sol2}'], gold='{label}')),
    'hellaswag': (lambda d: clean(d['activity_label'] + ': ' + d['ctx_a'] + ' ' + d['ctx_b'].capitalize()), lambda d: [clean(e) for e in d['endings']], '{{label}}', P(query='{activity_label}: {ctx_a} {ctx_b|capitalize}', choices='{endings}', gold='{label}', clean='wikihow')),
    'winogrande': (lambda d: {'1': 0, '2': 1}[d['answer']], lambda d: [d['sentence'][:d['sentence'].index('_')] + o for o in (d['option1'], d['option2'])], lambda d: d['sentence'][d['sentence'].index('_') + 1:].strip(),
                   P(query='{choice}', choices=['{sentence|before:_}{option1}', '{sentence|before:_}{option2}'], continuation='{sentence|after:_|strip}', gold='{answer}', gold_is='position')),
    'boolq': ('{{passage}}\nQuestion: {{question}}?\nAnswer:', ['no', 'yes'], 'label', P(query='{passage}\nQuestion: {question}?\nAnswer:', choices=['no', 'yes'], gold='{label}')),
    'openbookqa': ('question_stem', '{{choices.text}}', '{{choices.label.index(answerKey.lstrip())}}', P(query='{question_stem}', choices='{choices.text}', gold='{answerKey|lstrip}', gold_is='label')),
    'sciq': ('{{support.lstrip()}}\nQuestion: {{question}}\nAnswer:', '{{[distractor1, distractor2, distractor3, correct_answer]}}', 3, P(query='{support|lstrip}\nQuestion: {question}\nAnswer:', choices=['{distractor1}', '{distractor2}', '{distractor3}', '{correct_answer}'], gold='3')),
    'mmlu': ('{{question.strip()}}\nA. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:', ['A', 'B', 'C', 'D'], 'answer', P(query='{question|strip}\nA. {choices.0}\nB. {choices.1}\nC. {choices.2}\nD. {choices.3}\nAnswer:', choices=list('ABCD'), gold='{answer}', group='{subject}')),
    'blimp': ('', '{{[sentence_good, sentence_bad]}}', 0, P(query='', choices=['{sentence_good}', '{sentence_bad}'], gold='0')),
}
# ours
config = dict(run=dict(name='harness', directory=work + '/run'), model=dict(path=model),
              benchmarks={**{k: dict(files=f'{data}/{k}.jsonl', format='choice', **{a: (b if isinstance(b, list) else str(b)) for a, b in t[3].items()}) for k, t in tasks.items()}, 'pairs': dict(files=f'{data}/blimp.jsonl', convention='harness')},
              evaluate=dict(tasks=[dict(choice=k) for k in tasks] + [dict(pairs='pairs')], conditions=['baseline']))
json.dump(config, open(work + '/config.yaml', 'w'))     # JSON is YAML
for stage in ('shard', 'evaluate'): subprocess.run([f'{A.build}/bin/wn-{stage}', work + '/config.yaml'], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
# theirs
os.environ['HF_DATASETS_OFFLINE'] = os.environ['HF_HUB_OFFLINE'] = '1'
import numpy as np, h5py, lm_eval
from lm_eval.api.task import ConfigurableTask
from lm_eval.models.huggingface import HFLM
lm = HFLM(pretrained=model, device='cpu', dtype='float32', batch_size=16, tokenizer=model)
worst, bad = 0, 0
for name, (text, choice, target, _) in tasks.items():
    task = ConfigurableTask(config=dict(task=name, dataset_path='json', dataset_kwargs=dict(data_files=f'{data}/{name}.jsonl', cache_dir=work + '/cache'), test_split='train', output_type='multiple_choice', doc_to_text=text, doc_to_choice=choice, doc_to_target=target,
                                        metric_list=[dict(metric='acc', aggregation='mean', higher_is_better=True), dict(metric='acc_norm', aggregation='mean', higher_is_better=True)]))
    out = lm_eval.evaluate(lm=lm, task_dict={name: task}, log_samples=True, bootstrap_iters=0)
    samples = sorted(out['samples'][name], key=lambda x: x['doc_id'])
    theirs = np.array([float(x[0]) for q in samples for x in q['filtered_resps']])
    with h5py.File(f'{work}/run/results/model/choice-{name}.h5') as f:
        ours, scored = f['baseline/score'][:], f['scored'][:]; acc = {k: f['baseline'].attrs[k] for k in ('acc', 'acc_norm')}
    off = np.abs(ours - theirs) / scored; worst = max(worst, off.max())
    same = all(abs(acc[k] - out['results'][name][k + ',none']) < 1e-12 for k in acc); bad += not same or off.max() > 2e-5
    print(f'{name:12} {len(samples)} items, {len(ours)} choices: off by at most {off.max():.2g} nats a token; acc {acc["acc"]:.4f} acc_norm {acc["acc_norm"]:.4f} {"as" if same else "NOT as"} theirs')
    if name == 'blimp':
        with h5py.File(f'{work}/run/results/model/pairs-pairs.h5') as f: bad += not (f['baseline/score'][:].ravel() == ours).all()
shutil.rmtree(work) if not bad else print('left in', work)
print('all as theirs' if not bad else f'{bad} differ'); sys.exit(bool(bad))
