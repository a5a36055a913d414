"""Speed of the tokenizers library on one core, to compare with bench/tokenizer.

usage: RAYON_NUM_THREADS=1 tokenizer.py TOKENIZER_JSON TEXT     (needs: pip install tokenizers)
"""
import sys
import time

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
text = open(sys.argv[2], encoding='utf-8', newline='').read()
size = len(text.encode())
for what, texts in (('one document', [text]), ('line by line', text.splitlines(keepends=True))):
    best, tokens = float('inf'), 0
    for _ in range(3):
        start = time.process_time()
        tokens = sum(len(tokenizer.encode(t).ids) for t in texts)
        best = min(best, time.process_time() - start)
    print(f'{what:24} {size / best / 1e6:8.1f} MB/s   {tokens} tokens')
