"""Train a digit classifier: 784 numbers in (28x28, 0 is paper and 1 is ink), one of ten labels out.

Run by `homeport demo` with the interpreter of the environment that it builds; run it yourself the same way:

    python train.py --shifts 1 --out outputs/digits.pkl
"""

import argparse
import time
from pathlib import Path

import joblib
import numpy as np
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

SIDE = 28


def enlarge(small: np.ndarray) -> np.ndarray:
    """8x8 pictures with ink from 0 to 16 -> 28x28 pictures with ink from 0 to 1, a margin of 2 around each."""
    inner = np.stack([zoom(picture / 16.0, 3, order=1) for picture in small])
    return np.pad(np.clip(inner, 0, 1), ((0, 0), (2, 2), (2, 2)))


def shifted(pictures: np.ndarray, reach: int) -> np.ndarray:
    """Every picture in every place up to `reach` pixels from where it was: (2 * reach + 1) ** 2 of each."""
    steps = range(-reach, reach + 1)
    return np.concatenate([np.roll(pictures, (down, right), axis=(1, 2)) for down in steps for right in steps])


def main() -> None:
    options = argparse.ArgumentParser(description="Train a digit classifier on scikit-learn's bundled digits.")
    options.add_argument("--shifts", type=int, default=1, help="how far pictures are moved, in pixels")
    options.add_argument("--out", type=Path, default=Path("outputs/digits.pkl"), help="where the model is written")
    wanted = options.parse_args()

    began = time.perf_counter()
    digits = load_digits()
    seen, unseen, seen_labels, unseen_labels = train_test_split(
        enlarge(digits.images), digits.target, test_size=0.2, random_state=0, stratify=digits.target
    )
    pictures = shifted(seen, wanted.shifts)
    labels = np.tile(seen_labels, len(pictures) // len(seen))
    model = LogisticRegression(C=0.02, max_iter=200, tol=1e-3)
    model.fit(pictures.reshape(-1, SIDE * SIDE), labels)

    moved = shifted(unseen, 2)  # pictures from elsewhere are never quite in the middle
    right = model.score(moved.reshape(-1, SIDE * SIDE), np.tile(unseen_labels, len(moved) // len(unseen)))
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, wanted.out)
    seconds = time.perf_counter() - began
    print(f"trained on {len(pictures)} pictures in {seconds:.1f} s; {right:.1%} of {len(moved)} unseen ones right")


if __name__ == "__main__":
    main()
