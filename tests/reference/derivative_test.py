"""Gradients, Hessian and Gauss-Newton products of random networks against PyTorch's autograd in float64."""
import random
import unittest

import torch
from torch.autograd.functional import hvp, jvp, vjp
from torch.nn import functional

from ask import ask, distance, drawn_seed, rounded

NETWORKS = 66
EXACT, SINGLE = 1e-11, 1e-5  # largest distance, by norm, in float64 and of a float32 plan
ACTIVATIONS = {
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "selu": functional.selu,
    "softplus": lambda z: functional.softplus(z, threshold=1000),
    "swish": functional.silu,
    "gelu": functional.gelu,
    "softmax": lambda z: torch.softmax(z, -1),
}
CORNERED = {"relu", "leaky_relu", "elu", "selu"}  # not smooth, or not twice, at 0
# Each loss with its option (a label smoothing, a delta, a quantile) and the weights of the classes.
LOSSES = {
    "softmax": lambda z, y, s, w: functional.cross_entropy(z, y.to(torch.long), label_smoothing=s),
    "weighted": lambda z, y, s, w: functional.cross_entropy(z, y.to(torch.long), weight=w, label_smoothing=s),
    "logistic": lambda z, y, _, w: functional.binary_cross_entropy_with_logits(z, y),
    "squared": lambda z, y, _, w: functional.mse_loss(z, y),
    "absolute": lambda z, y, _, w: functional.l1_loss(z, y),
    "huber": lambda z, y, delta, w: functional.huber_loss(z, y, delta=delta),
    "quantile": lambda z, y, q, w: torch.maximum(q * (y - z), (q - 1) * (y - z)).mean(),
    "poisson": lambda z, y, _, w: functional.poisson_nll_loss(z, y, log_input=True),
}
LABELS = {"softmax", "weighted"}
# A relu this near to its corner may fall on the other side of it in float32; and of a gradient this small, rows of the
# batch have cancelled the digits that float32 has; so has a normalisation that magnifies the small differences of some
# row or column of numbers around 1.
CORNER, CANCELLED, MAGNIFIED = 1e-4, 5e-3, 20


class Layer:
    """A layer with parameters: its word in the architecture, its activation and the shapes of its parameters."""

    def __init__(self, word, activation, shapes, tied=None):
        self.word, self.activation, self.shapes, self.tied = word, activation, shapes, tied

    def __str__(self):
        return f"{self.word} {self.activation}"

    @property
    def is_norm(self):
        return self.word in ("bn", "ln")


class Network:
    """Number i takes loss i and, in its first layer, activation i of the lists, so that all have their turn."""

    def __init__(self, draw, number):
        self.loss = list(LOSSES)[number % len(LOSSES)]
        self.option = {"softmax": draw.choice([0, 0.125]), "weighted": draw.choice([0, 0.25]), "huber": 0.75,
                       "quantile": 0.875}.get(self.loss, 0)
        self.batch, self.inputs = draw.randint(8, 33), draw.randint(4, 40)
        self.training = draw.choice([0, 1, 1])
        self.draw_layers(draw, list(ACTIVATIONS)[number % len(ACTIVATIONS)])
        self.architecture = " | ".join(map(str, self.layers))

        torch.manual_seed(draw.getrandbits(32))
        self.x = rounded(torch.randn(self.batch, self.inputs))
        outputs = self.layers[-1].shapes[-1][0]
        shape = (self.batch, outputs)
        self.y = (torch.randint(outputs, (self.batch,)) if self.loss in LABELS else
                  torch.randint(2, shape) if self.loss == "logistic" else
                  torch.randint(5, shape) if self.loss == "poisson" else torch.randn(shape))
        self.y = rounded(self.y)
        self.weights = rounded(torch.rand(outputs) + 0.25)
        parts, statistics = [], []
        for layer in self.layers:
            for shape in layer.shapes:
                scale = (1.5 / shape[0]) ** 0.5 if len(shape) == 2 else 0.2
                parts.append((torch.randn(shape) * scale).reshape(-1))
            if layer.is_norm:
                parts[-2] = 1 + parts[-2]
            if layer.word == "bn":
                width = layer.shapes[0][0]
                statistics += [torch.randn(width) * 0.2, torch.rand(width) + 0.5]
        self.theta = rounded(torch.cat(parts))
        self.statistics = rounded(torch.cat(statistics)) if statistics else torch.zeros(0, dtype=torch.float64)
        self.v = rounded(torch.randn(len(self.theta)))

    def draw_layers(self, draw, first):
        self.layers, width = [], self.inputs
        for _ in range(draw.randint(1, 4)):
            units = draw.randint(4, 40)
            self.layers.append(Layer(f"dense {units}", draw.choice(list(ACTIVATIONS)), [(width, units), (units,)]))
            width = units
            if draw.random() < 0.4:
                self.layers.append(Layer(draw.choice(["bn", "ln"]), draw.choice(list(ACTIVATIONS)), [(width,), (width,)]))
        last, number = draw.choice([(layer, k) for k, layer in enumerate(self.layers, 1) if not layer.is_norm])
        if draw.random() < 0.4 and last.shapes[0][1] == width:
            units = last.shapes[0][0]
            self.layers.append(Layer(f"dense {units} tied {number}", "linear", [(units,)], tied=number - 1))
        else:
            units = draw.randint(2, 20)
            self.layers.append(Layer(f"dense {units}", draw.choice(["linear", "linear", "sigmoid", "softmax", "tanh"]),
                                     [(width, units), (units,)]))
        self.layers[0].activation = first

    def __str__(self):
        return (f"{self.loss} loss of {self.architecture}; {self.inputs} inputs, batch {self.batch}, "
                f"training {self.training}, option {self.option}")

    def note_corner(self, distances):
        self.nearest = min(self.nearest, float(distances.detach().abs().min()))

    def note_norm(self, a, axis):
        a = a.detach()
        scales = (a.var(axis, unbiased=False) + 1e-5).rsqrt()
        self.magnified = max(self.magnified, float(scales.max() * max(1.0, a.square().mean().sqrt())))

    def output(self, theta):
        a, begin, seen = self.x, 0, 0
        self.nearest, self.magnified = float("inf"), 0.0
        self.next_statistics, weights = [], []
        for layer in self.layers:
            parameters = []
            for shape in layer.shapes:
                size = torch.Size(shape).numel()
                parameters.append(theta[begin:begin + size].reshape(shape))
                begin += size
            weights.append(parameters[0])
            if layer.is_norm:
                self.note_norm(a, 0 if layer.word == "bn" else 1)
            if layer.word == "bn":
                width = a.shape[1]
                mean, variance = (self.statistics[seen + k * width:seen + (k + 1) * width].clone() for k in (0, 1))
                seen += 2 * width
                z = functional.batch_norm(a, mean, variance, *parameters, training=bool(self.training))
                self.next_statistics += [mean, variance]
            elif layer.word == "ln":
                z = functional.layer_norm(a, a.shape[1:], *parameters)
            elif layer.tied is not None:
                z = a @ weights[layer.tied].T + parameters[0]
            else:
                z = a @ parameters[0] + parameters[1]
            if layer.activation in CORNERED:
                self.note_corner(z)
            a = ACTIVATIONS[layer.activation](z)
        if self.loss in ("absolute", "quantile"):
            self.note_corner(a - self.y)
        if self.loss == "huber":
            self.note_corner((a - self.y).abs() - self.option)
        return a

    def by_torch(self):
        theta = self.theta.clone().requires_grad_()
        output_loss = lambda output: LOSSES[self.loss](output, self.y, self.option, self.weights)
        loss = lambda t: output_loss(self.output(t))
        value = loss(theta)
        _, moved = jvp(self.output, self.theta, self.v)
        _, curved = hvp(output_loss, self.output(self.theta), moved)
        theirs = {
            "loss": value.detach().reshape(1),
            "gradient": torch.autograd.grad(value, theta)[0],
            "Hv": hvp(loss, self.theta, self.v)[1],
            "Gv": vjp(self.output, self.theta, curved)[1],
        }
        if self.next_statistics:
            theirs["statistics"] = torch.cat(self.next_statistics).detach()
        return theirs


def draw_networks(seed):
    draw, networks = random.Random(seed), []
    while len(networks) < NETWORKS:
        network = Network(draw, len(networks))
        gradient = network.by_torch()["gradient"]
        if network.nearest > CORNER and network.magnified < MAGNIFIED and float(gradient.norm()) > CANCELLED:
            networks.append(network)
    return networks


class RandomNetworks(unittest.TestCase):
    def test_agree_with_torch(self):
        worst = {"interpreted": 0, "planned": 0}
        for network in draw_networks(drawn_seed("random networks")):
            with self.subTest(str(network)):
                theirs = network.by_torch()
                ours = ask("derivative", arch=network.architecture, loss=network.loss, inputs=network.inputs,
                           batch=network.batch, theta=network.theta, x=network.x, y=network.y, v=network.v,
                           statistics=network.statistics, weights=network.weights, training=network.training,
                           option=network.option)
                for who, allowed in (("interpreted", EXACT), ("planned", SINGLE)):
                    for name, expected in theirs.items():
                        apart = distance(ours[who][name], expected)
                        worst[who] = max(worst[who], apart)
                        self.assertLessEqual(apart, allowed, f"{who} {name}")
        print(f"furthest apart: float64 {worst['interpreted']:.1e}, float32 {worst['planned']:.1e}", flush=True)


if __name__ == "__main__":
    unittest.main()
