"""Makes protocol0.pickle to protocol5.pickle, which tests/unit/test_pickle.c reads.

python make_pickles.py    (any Python 3.8 or later; the files here are from 3.11)
"""
import pathlib
import pickle

shared = "x"
value = {
    "k": [("good", "bad"), ("it's \"é\"\n\\u", "\U0001f600", None)],
    "n": [0, 255, 65535, -1, 2**31 - 1, -(2**31), 2**40, -(2**63) + 1, True, False],
    "e": [(), [], {}],
    "s": [shared, shared],
}
for protocol in range(6):
    path = pathlib.Path(__file__).with_name(f"protocol{protocol}.pickle")
    path.write_bytes(pickle.dumps(value, protocol))
