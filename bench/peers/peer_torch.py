#!/usr/bin/python3
"""PyTorch and scikit-learn on limn's bench workloads: the same networks, data, batches and rules.

  peer_torch.py PEER WORKLOAD --threads N --data FOLDER_OF_MNIST

PEER: torch, torch-foreach, torch-channels-last, sklearn

A step gathers a shuffled batch, then forward, loss, backward and update. Prints one JSON line; the value is the median
of seven windows of a quarter of a second. The data is in memory before the clock starts.
"""
import argparse
import json
import os
import sys
import time
import warnings

parser = argparse.ArgumentParser()
parser.add_argument("peer", choices=["torch", "torch-foreach", "torch-channels-last", "sklearn"])
parser.add_argument("workload")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--data", required=True)
args = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(args.threads)
warnings.filterwarnings("ignore")
import numpy as np

WINDOW, WINDOWS = 0.25, 7


def measure(call):
    """Median calls a second."""
    for _ in range(3):
        call()
    count, spent = 1, 0.0
    while True:
        begin = time.perf_counter()
        for _ in range(count):
            call()
        spent = time.perf_counter() - begin
        if spent > WINDOW / 4:
            break
        count *= 2
    count = max(1, int(count * WINDOW / spent))
    rates = []
    for _ in range(WINDOWS):
        begin = time.perf_counter()
        for _ in range(count):
            call()
        rates.append(count / (time.perf_counter() - begin))
    return sorted(rates)[WINDOWS // 2]


def report(value, unit):
    print(json.dumps({"peer": args.peer, "workload": args.workload, "threads": args.threads, "value": value, "unit": unit}))


def mnist():
    def read(name, offset):
        with open(os.path.join(args.data, name), "rb") as file:
            return np.frombuffer(file.read(), np.uint8, offset=offset)

    images = read("train-images-idx3-ubyte", 16).reshape(-1, 784).astype(np.float32) / 255
    return images, read("train-labels-idx1-ubyte", 8).astype(np.int64)


def plane_network(torch, workload):
    """The networks of planes, as limn's bench names them."""
    n = torch.nn
    if "lenet5" in workload:
        return n.Sequential(n.Conv2d(1, 6, 5, padding=2), n.ReLU(), n.MaxPool2d(2), n.Conv2d(6, 16, 5), n.ReLU(),
                            n.MaxPool2d(2), n.Flatten(), n.Linear(400, 120), n.ReLU(), n.Linear(120, 84), n.ReLU(),
                            n.Linear(84, 10))
    if workload.startswith("cnn_"):
        return n.Sequential(n.Conv2d(1, 32, 3), n.ReLU(), n.Conv2d(32, 64, 3), n.ReLU(), n.MaxPool2d(2), n.Flatten(),
                            n.Linear(9216, 128), n.ReLU(), n.Linear(128, 10))

    def conv_bn(inputs, outputs, size, stride):
        return [n.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), n.BatchNorm2d(outputs)]

    class Block(n.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.way = n.Sequential(*conv_bn(inputs, outputs, 3, stride), n.ReLU(), *conv_bn(outputs, outputs, 3, 1))
            self.shortcut = n.Identity() if inputs == outputs else n.Sequential(*conv_bn(inputs, outputs, 1, stride))

        def forward(self, x):
            return torch.relu(self.way(x) + self.shortcut(x))

    blocks = [Block(a, b, s) for a, b, s in [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2]
    return n.Sequential(*conv_bn(3, 16, 3, 1), n.ReLU(), *blocks, n.AdaptiveAvgPool2d(1), n.Flatten(), n.Linear(64, 10))


def run_torch():
    import torch

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    functional, linear, optim = torch.nn.functional, torch.nn.Linear, torch.optim

    def network(widths, activation):
        layers = []
        for inputs, outputs in zip(widths, widths[1:]):
            layers += [linear(inputs, outputs), activation()]
        return torch.nn.Sequential(*layers[:-1])

    def train(net, x, y, batch, optimizer, loss):
        order, at = None, len(x)

        def step():
            nonlocal order, at
            if at + batch > len(x):
                order, at = torch.randperm(len(x)), 0
            rows = order[at : at + batch]
            at += batch
            optimizer.zero_grad(set_to_none=True)
            loss(net(x[rows]), y[rows]).backward()
            optimizer.step()

        return measure(step)

    if args.workload == "spiral":
        t, c = torch.rand(500) * 10, (torch.arange(500) % 2).float()
        x = torch.stack([t * torch.cos(t + np.pi * c), t * torch.sin(t + np.pi * c)], 1) / 10
        net = network([2, 8, 8, 1], torch.nn.Tanh)
        rate = train(net, x, c[:, None], 10, optim.SGD(net.parameters(), 0.1), functional.binary_cross_entropy_with_logits)
        return report(rate, "steps/s")
    if "resnet20" in args.workload:  # random images: for time alone
        images, labels = torch.rand(4096, 3, 32, 32), torch.arange(4096) % 10
    else:
        images, labels = map(torch.from_numpy, mnist())
    if "mlp" in args.workload:
        net = network([784, 512, 256, 10], torch.nn.ReLU)
    else:
        net = plane_network(torch, args.workload)
        images = images.view(len(images), -1, *([32, 32] if "resnet20" in args.workload else [28, 28]))
        if args.peer == "torch-channels-last":
            net = net.to(memory_format=torch.channels_last)
            images = images.contiguous(memory_format=torch.channels_last)
    if args.workload.startswith("infer_b1_"):
        one = images[:1].clone()
        net.eval()
        with torch.inference_mode():
            return report(measure(lambda: net(one)), "calls/s")
    more = {"foreach": True} if args.peer == "torch-foreach" else {}
    adam = "adam" in args.workload
    batch = int(args.workload.rsplit("_b", 1)[1]) if "_b" in args.workload else 64
    optimizer = optim.Adam(net.parameters(), 1e-3, **more) if adam else optim.SGD(net.parameters(), 0.01, momentum=0.9, **more)
    report(train(net, images, labels, batch, optimizer, functional.cross_entropy) * batch, "samples/s")


def run_sklearn():
    from sklearn.neural_network import MLPClassifier

    if not args.workload.startswith("mlp_"):
        sys.exit("scikit-learn has no such workload here")
    images, labels = (a[:6000] for a in mnist())
    model = MLPClassifier((512, 256), solver="adam" if "adam" in args.workload else "sgd",
                          batch_size=int(args.workload.rsplit("_b", 1)[1]), alpha=0, max_iter=1, momentum=0.9,
                          learning_rate_init=1e-3 if "adam" in args.workload else 0.01, nesterovs_momentum=False)
    report(measure(lambda: model.fit(images, labels)) * len(images), "samples/s")


run_sklearn() if args.peer == "sklearn" else run_torch()
