"""SciPy's time for the Wasserstein distance that bench/reduce.c times with everything else.

usage: python bench/reduce.py [VALUES_A_NEURON]
"""
import sys
import time

import numpy as np
from scipy import stats

values = int(sys.argv[1]) if len(sys.argv) > 1 else 131072
rng = np.random.default_rng(1)
z, u = rng.standard_normal(values), rng.random(values)
shapes = [0.3 + z, np.where(u < 0.3, -3.5 + 0.4 * z, 0.1 * z - 0.2), z**3]
reference = rng.standard_normal(values)
best = []
for shape in shapes:
    column = shape.astype(np.float32)
    rounds = []
    for _ in range(5):
        begin = time.process_time()
        standard = (column - column.mean()) / column.std()
        stats.wasserstein_distance(standard, reference)
        rounds.append(time.process_time() - begin)
    best.append(min(rounds))
seconds = sum(best) / len(best)
print(f"figure scipy.distance_ms {1e3 * seconds:.4f}")
print(f"scipy.wasserstein_distance: {values} values a neuron, {1e3 * seconds:.4f} ms, "
      f"{1e-6 * values / seconds:.1f} million values/s")
