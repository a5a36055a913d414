"""Writes cases.jsonl: small random tokenizers of every supported kind, and what the `tokenizers`
library makes of short texts with them: ids, and offsets in code points, special tokens added.

usage: make_cases.py > cases.jsonl      (needs: pip install tokenizers==0.22.2)
"""
import json
import random

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

CASES, TEXTS = 80, 6
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
PARTS = list("ab c'sl12\n\t.,é▁_x") + ['\u0301', '\u0323', '한', '日', 'e\u0301', '<s>', '<m>',
                                       '  ', '\u2028', 'ab', 'abc', ' ab', '</s>', ' the', "'S"]
CONTENTS = ['<s>', '</s>', '<m>', 'ab', '  ', ' ', 'é', 'e\u0301', '\u0301', '\n', 's', 'the', "'s"]
rng = random.Random(1)


def alphabet_of(byte_level):
    text = ''.join(PARTS + CONTENTS) + ' '
    if not byte_level:
        return sorted(set(text) - set('日2\t'))
    spell = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str
    forms = text + ''.join(normalizers.NFC().normalize_str(a + b) for a in text for b in text)
    return sorted(set(''.join(word for word, _ in spell(forms))))


ALPHABETS = {level: alphabet_of(level) for level in (True, False)}


def chance(probability):
    return rng.random() < probability


def model(byte_level):
    tokens, merges = list(ALPHABETS[byte_level]), []
    known = [c for c in tokens if c.isascii() or c in 'Ġ▁é' or chance(.3)]
    for _ in range(rng.randint(0, 40)):
        a, b = rng.choice(known), rng.choice(known)
        if len(a + b) < 8 and (a, b) not in merges:
            merges.append((a, b))
            if a + b not in tokens:
                tokens.append(a + b)
                known.append(a + b)
    if chance(.3):
        rng.shuffle(merges)
    options = {'ignore_merges': chance(.3), 'fuse_unk': chance(.5)}
    if not byte_level:
        options['byte_fallback'] = chance(.6)
        options['unk_token'] = '<unk>'
        tokens.append('<unk>')
        if options['byte_fallback']:
            count = 0xE6 if chance(.5) else 256  # without all, some characters stay unknown
            tokens += [f'<0x{byte:02X}>' for byte in range(count)]
    return models.BPE({token: i for i, token in enumerate(tokens)}, merges, **options)


def chain(sequence, items):
    return None if not items else items[0] if len(items) == 1 else sequence(items)


def some(items, most):
    return [rng.choice(items)() for _ in range(rng.randint(0, most))]


def normalizer():
    return chain(normalizers.Sequence, some([
        normalizers.NFC, normalizers.NFC, lambda: normalizers.Prepend('▁'),
        lambda: normalizers.Replace(' ', '▁'), lambda: normalizers.Replace('ab', 'x'),
        lambda: normalizers.Replace(Regex(r'\s+'), ' '), lambda: normalizers.Replace('l', 'abc'),
        lambda: normalizers.Prepend('a b')], 2))


def pre_tokenizer(byte_level):
    def split(pattern):
        return lambda: pre_tokenizers.Split(pattern, 'isolated', invert=chance(.3))
    steps = some([split(Regex(LLAMA3)), split(Regex(r'x*')), split(Regex(r'\w+')), split('.'),
                  split(Regex(r"'s|\p{N}{1,3}|[^\s\p{L}]?\p{L}+|\s+")),
                  lambda: pre_tokenizers.Metaspace('▁', rng.choice(['first', 'always', 'never']),
                                                   chance(.5))], 2)
    if byte_level:
        steps.append(pre_tokenizers.ByteLevel(add_prefix_space=chance(.4), use_regex=chance(.6)))
    return chain(pre_tokenizers.Sequence, steps)


def post_processor():
    steps = some([lambda: processors.ByteLevel(trim_offsets=chance(.8),
                                               add_prefix_space=chance(.5))], 2)
    if chance(.5):
        steps.insert(rng.randint(0, len(steps)), processors.TemplateProcessing(
            single=rng.choice(['<s> $A', '$A </s>', '<s> $A </s> <s>']), pair='$A $B',
            special_tokens=[('<s>', 1), ('</s>', 2)]))
    return chain(processors.Sequence, steps)


def tokenizer():
    byte_level = chance(.6)
    made = Tokenizer(model(byte_level))
    for name, part in (('normalizer', normalizer()), ('post_processor', post_processor()),
                       ('pre_tokenizer', pre_tokenizer(byte_level))):
        if part is not None:
            setattr(made, name, part)
    made.add_tokens([AddedToken(content, single_word=chance(.25), lstrip=chance(.25),
                                rstrip=chance(.25), normalized=chance(.4), special=chance(.4))
                     for content in rng.sample(CONTENTS, rng.randint(0, 4))])
    return made.to_str()


def cases():
    while True:
        description = tokenizer()
        made, texts = Tokenizer.from_str(description), []
        while len(texts) < TEXTS:
            text = ''.join(rng.choice(PARTS) for _ in range(rng.randint(0, 12)))
            try:
                encoding = made.encode(text)
            except BaseException:  # the library panics where stripped tokens overlap
                continue
            texts.append({'text': text, 'ids': encoding.ids, 'offsets': encoding.offsets})
        yield {'tokenizer': json.loads(description), 'texts': texts}


for _, case in zip(range(CASES), cases()):
    print(json.dumps(case, ensure_ascii=False, separators=(',', ':')))
