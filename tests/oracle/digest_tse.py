"""Prints what tests/oracle/test_tse_pairs.c expects of the published TSE files.

python digest_tse.py ../shared/data/tse    (Python 3.11)

Each row: file, pairs, SHA-256 of one line "<case> <number>\t<good>\t<bad>" a pair.
"""
import hashlib
import pathlib
import pickle
import sys

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.pickle")):
    count, text = 0, ""
    for case, items in pickle.loads(path.read_bytes()).items():
        for number, item in enumerate(items, 1):
            good, bad = (" ".join(str(item[i]).split()) for i in (0, -1))
            if good in ("", "None") or bad in ("", "None"):
                continue
            count += 1
            text += f"{case} {number}\t{good}\t{bad}\n"
    print(f'{{"{path.name}", {count}, "{hashlib.sha256(text.encode()).hexdigest()}"}},')
