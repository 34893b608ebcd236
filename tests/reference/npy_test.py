"""Arrays that NumPy itself writes train a network to the bits that the same table trains it to as text."""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))
from program import ProgramTest  # noqa: E402

TYPES = ("f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")


class Arrays(ProgramTest):
    def fingerprint(self, path):
        return self.train("--data", path, "--steps", 20, "--set", "arch=dense 4 tanh | dense 2").done["fingerprint"]

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(3)
        self.y = random.integers(0, 2, 60)
        self.whole = random.integers(0, 100, (60, 3)) + self.y[:, None]

    def text(self, x):
        def cell(v):
            return str(int(v)) if x.dtype.kind != "f" else np.format_float_positional(v, trim="-")
        rows = [",".join([*map(cell, row), str(label)]) for row, label in zip(x, self.y)]
        return self.fingerprint(self.write("t.csv", "x0,x1,x2,y\n" + "\n".join(rows) + "\n"))

    def test_of_every_type_and_order(self):
        for name in TYPES:
            x = self.whole.astype(name) if name != "b1" else self.whole % 2 == 0
            if name[0] == "f":
                x = (x * 0.1 - 3).astype(name)
            wanted = self.text(x)
            for order in "<>":
                for layout in (np.ascontiguousarray, np.asfortranarray):
                    with self.subTest(type=name, order=order, layout=layout.__name__):
                        array = layout(x.astype(order + name) if name not in ("i1", "u1", "b1") else x)
                        np.savez(self.folder / "a.npz", x=array, y=self.y)
                        self.assertEqual(self.fingerprint("a.npz"), wanted)
            np.savez_compressed(self.folder / "b.npz", X=x, Y=self.y.astype("u1"))
            self.assertEqual(self.fingerprint("b.npz"), wanted)
            np.save(self.folder / "c.npy", x)
            np.save(self.folder / "c-labels.npy", self.y[:, None])
            self.assertEqual(self.fingerprint("c.npy"), wanted)

    def test_of_images_in_either_layout(self):
        images = np.random.default_rng(4).integers(0, 256, (60, 5, 6, 3)).astype("u1")
        np.savez(self.folder / "last.npz", x=images, y=self.y)
        np.savez(self.folder / "first.npz", x=images.transpose(0, 3, 1, 2), y=self.y)
        np.savez(self.folder / "float.npz", x=images.astype("f4") * np.float32(1 / 255), y=self.y)
        wanted = self.fingerprint("last.npz")
        self.assertEqual(self.fingerprint("first.npz"), wanted)
        self.assertEqual(self.fingerprint("float.npz"), wanted)
