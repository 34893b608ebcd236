"""Gradients, Hessian and Gauss-Newton products of random networks against PyTorch's autograd in float64."""
import random
import unittest

import torch
from torch.autograd.functional import hvp, jvp, vjp
from torch.nn import functional

from ask import ask, distance, drawn_seed, rounded

NETWORKS = 30
EXACT, SINGLE = 1e-11, 1e-5  # largest distance, by norm, in float64 and of a float32 plan
ACTIVATIONS = {
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "gelu": functional.gelu,
    "softmax": lambda z: torch.softmax(z, -1),
}
LOSSES = {
    "softmax": lambda output, y: functional.cross_entropy(output, y.to(torch.long)),
    "logistic": functional.binary_cross_entropy_with_logits,
    "squared": functional.mse_loss,
}
# A relu this near to its corner may fall on the other side of it in float32; and of a gradient this small, rows of the
# batch have cancelled the digits that float32 has.
CORNER, CANCELLED = 1e-4, 5e-3


class Network:
    def __init__(self, draw):
        self.loss = draw.choice(list(LOSSES))
        self.batch, self.inputs = draw.randint(1, 33), draw.randint(1, 40)
        widths = [draw.randint(1, 40) for _ in range(draw.randint(1, 4))]
        widths[-1] = 1 if self.loss == "logistic" else max(widths[-1], 2)
        self.layers = [(width, draw.choice(list(ACTIVATIONS))) for width in widths]
        if self.loss == "logistic" and self.layers[-1][1] == "softmax":
            self.layers[-1] = (1, "linear")  # a softmax of one number is 1
        self.architecture = " | ".join(f"dense {width} {activation}" for width, activation in self.layers)

        torch.manual_seed(draw.getrandbits(32))
        self.x = rounded(torch.randn(self.batch, self.inputs))
        shape = (self.batch, widths[-1])
        self.y = {"softmax": torch.randint(widths[-1], (self.batch,)),
                  "logistic": torch.randint(2, shape),
                  "squared": torch.randn(shape)}[self.loss].to(torch.float64)
        self.y = rounded(self.y)
        parts, width = [], self.inputs
        for units in widths:
            parts += [torch.randn(width * units) * (1.5 / width) ** 0.5, torch.randn(units) * 0.2]
            width = units
        self.theta = rounded(torch.cat(parts))
        self.v = rounded(torch.randn(len(self.theta)))

    def __str__(self):
        return f"{self.loss} loss of {self.architecture}; {self.inputs} inputs, batch {self.batch}"

    def output(self, theta):
        a, begin, self.nearest = self.x, 0, float("inf")
        for units, activation in self.layers:
            end = begin + a.shape[1] * units
            z = a @ theta[begin:end].reshape(a.shape[1], units) + theta[end:end + units]
            begin = end + units
            if activation == "relu":
                self.nearest = min(self.nearest, float(z.detach().abs().min()))
            a = ACTIVATIONS[activation](z)
        return a

    def by_torch(self):
        theta = self.theta.clone().requires_grad_()
        output_loss = lambda output: LOSSES[self.loss](output, self.y)
        loss = lambda t: output_loss(self.output(t))
        value = loss(theta)
        _, moved = jvp(self.output, self.theta, self.v)
        _, curved = hvp(output_loss, self.output(self.theta), moved)
        return {
            "loss": value.detach().reshape(1),
            "gradient": torch.autograd.grad(value, theta)[0],
            "Hv": hvp(loss, self.theta, self.v)[1],
            "Gv": vjp(self.output, self.theta, curved)[1],
        }


def draw_networks(seed):
    draw, networks = random.Random(seed), []
    while len(networks) < NETWORKS:
        network = Network(draw)
        gradient = network.by_torch()["gradient"]
        if network.nearest > CORNER and float(gradient.norm()) > CANCELLED:
            networks.append(network)
    return networks


class RandomNetworks(unittest.TestCase):
    def test_agree_with_torch(self):
        worst = {"interpreted": 0, "planned": 0}
        for network in draw_networks(drawn_seed("random networks")):
            with self.subTest(str(network)):
                theirs = network.by_torch()
                ours = ask("derivative", arch=network.architecture, loss=network.loss, inputs=network.inputs,
                           batch=network.batch, theta=network.theta, x=network.x, y=network.y, v=network.v)
                for who, allowed in (("interpreted", EXACT), ("planned", SINGLE)):
                    for name, expected in theirs.items():
                        apart = distance(ours[who][name], expected)
                        worst[who] = max(worst[who], apart)
                        self.assertLessEqual(apart, allowed, f"{who} {name}")
        print(f"furthest apart: float64 {worst['interpreted']:.1e}, float32 {worst['planned']:.1e}", flush=True)


if __name__ == "__main__":
    unittest.main()
