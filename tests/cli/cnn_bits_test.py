"""The same bits of whole networks of planes, LeNet-5 and ResNets, on real digits that are varied in every way: over
threads, kill -9 and resume, replay, and branches."""
import os
import time
import unittest
from pathlib import Path

from program import SANITIZED, ProgramTest, drawn_random, idx

AUGMENT = "augment=shift 1 crop 1 rotate 10 scale 0.1 elastic 8 2 noise 0.05 cutout 3 flip"
STEPS = 8 if SANITIZED else 40


def digits_of_mnist(rows, side=28):
    """The first rows of MNIST, or the middle of them."""
    folder = Path(os.environ.get("LIMN_DATA") or Path.home() / ".cache/limn") / "mnist"
    images, labels = ((folder / name).read_bytes() for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"))
    edge = (28 - side) // 2
    lines = (16 + 28 * (28 * i + edge + y) + edge for i in range(rows) for y in range(side))
    cut = b"".join(images[at:at + side] for at in lines)
    return idx(0x803, [rows, side, side], cut), idx(0x801, [rows], labels[8:8 + rows])


class SameBitsOfPlanes(ProgramTest):
    def check(self, arch, side, *settings):
        try:
            images, labels = digits_of_mnist(400, side)
        except FileNotFoundError:
            self.skipTest("mnist is not in the cache; limn data get mnist")
        random = drawn_random(arch)
        self.write("some/train-images-idx3-ubyte", images)
        self.write("some/train-labels-idx1-ubyte", labels)
        common = ["--data", "some", "--seed", random.randrange(1000), "--json"]
        for setting in (f"arch={arch}", AUGMENT, "batch=32", "schedule=constant", *settings):
            common += ["--set", setting]

        def learn(*arguments, steps=STEPS, threads=1):
            return self.limn("train", "cnn", *common, "--steps", steps, "--threads", threads, *arguments).done

        whole = learn("--out", "whole")
        for threads in (2, 3, 4):
            again = learn(threads=threads)
            self.assertEqual((again["fingerprint"], again["metrics"]), (whole["fingerprint"], whole["metrics"]), threads)
        self.assertNotEqual(learn("--set", "augment=none")["fingerprint"], whole["fingerprint"])
        at = random.randint(1, STEPS - 1)
        replayed = self.limn("replay", "whole", "--step", at, "--json", "--threads", 2)
        self.assertEqual(replayed.err, "", "the journal and the replay differ")
        self.assertEqual(replayed.done["fingerprint"], learn(steps=at)["fingerprint"])
        branch = self.limn("branch", "whole", "--at", at, "--json", "--threads", 2).done
        self.assertEqual((branch["fingerprint"], branch["metrics"]), (whole["fingerprint"], whole["metrics"]))
        for i in range(2):
            process = self.start("train", "cnn", *common, "--steps", STEPS, "--threads", 2, "--out", f"killed{i}")
            self.appears(self.folder / f"killed{i}", process)
            time.sleep(random.uniform(0, whole["seconds"]))
            process.kill()
            process.communicate()
            resumed = self.limn("resume", f"killed{i}", "--json", "--threads", 1).done
            self.assertEqual((resumed["fingerprint"], resumed["metrics"]), (whole["fingerprint"], whole["metrics"]))

    def test_of_lenet5_with_momentum(self):
        self.check("lenet5", 28, "optimizer=momentum", "lr=0.05")

    def test_of_a_resnet_with_adam(self):
        self.check("resnet-8", 12, "optimizer=adam")

    def test_of_a_resnet20_in_steps_of_two_batches(self):
        self.check("resnet-20", 8, "optimizer=momentum", "accumulate=2", "label_smoothing=0.1")


if __name__ == "__main__":
    unittest.main()
