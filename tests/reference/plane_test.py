"""Convolutional networks against PyTorch in float64: forward, gradients, Hessian and Gauss-Newton products, statistics."""
import unittest

import torch
from torch.autograd.functional import hvp, jvp, vjp
from torch.nn import functional

from ask import ask, distance, drawn_seed, rounded

EXACT, SINGLE, PRODUCT = 1e-11, 1e-5, 1e-4  # largest distance, by norm, in float64 and of a float32 plan
CORNER = 1e-5  # a relu this near to its corner, or two numbers in a pool, may change sides in float32
# Of a gradient or a product this small, rows of the batch have cancelled the digits that there were.
# So has a normalisation that magnifies small differences this much.
CANCELLED, MAGNIFIED = 0.05, 10
DRAWS = 200


class Pass:
    """One pass forward: hands out parameters and statistics, in limn's order, and remembers how near a corner it came."""

    def __init__(self, theta, statistics, training):
        self.theta, self.statistics, self.training = theta, statistics, training
        self.at, self.seen, self.nearest, self.magnified, self.next_statistics = 0, 0, float("inf"), 0.0, []

    def take(self, *shape):
        size = torch.Size(shape).numel()
        self.at += size
        return self.theta[self.at - size:self.at].reshape(shape)

    def note(self, distances):
        self.nearest = min(self.nearest, float(distances.detach().abs().min()))

    def note_norm(self, a, axes):
        a = a.detach()
        scales = (a.var(axes, unbiased=False) + 1e-5).rsqrt()
        self.magnified = max(self.magnified, float(scales.max() * max(1.0, a.square().mean().sqrt())))

    def relu(self, z):
        self.note(z)
        return torch.relu(z)

    def conv(self, a, channels, size, groups=1, bias=True, **how):
        w = self.take(*size, a.shape[1] // groups, channels).permute(3, 2, 0, 1)
        return functional.conv2d(a, w, self.take(channels) if bias else None, groups=groups, **how)

    def transposed(self, a, channels, size, **how):
        w = self.take(*size, a.shape[1], channels).permute(2, 3, 0, 1)
        return functional.conv_transpose2d(a, w, self.take(channels), **how)

    def bn(self, a):
        self.note_norm(a, (0, 2, 3))
        n = a.shape[1]
        gamma, beta = self.take(n), self.take(n)
        mean, variance = (self.statistics[self.seen + k * n:self.seen + (k + 1) * n].clone() for k in (0, 1))
        self.seen += 2 * n
        z = functional.batch_norm(a, mean, variance, gamma, beta, training=self.training)
        self.next_statistics += [mean, variance]
        return z

    def ln(self, a):
        self.note_norm(a, 1)
        n = a.shape[1]
        return functional.layer_norm(a.permute(0, 2, 3, 1), (n,), self.take(n), self.take(n)).permute(0, 3, 1, 2)

    def largest(self, a, size, **how):
        b, c = a.shape[:2]
        padding = how.get("padding", 0)
        padded = functional.pad(a.detach(), [padding] * 4, value=-1e9)
        best = functional.unfold(padded, size, stride=how.get("stride", size)).reshape(b, c, size * size, -1).topk(2, dim=2)[0]
        self.note(best[:, :, 0] - best[:, :, 1])
        return functional.max_pool2d(a, size, **how)

    def res(self, a, channels, stride=1):
        z = self.relu(self.bn(self.conv(a, channels, (3, 3), bias=False, stride=stride, padding=1)))
        z = self.bn(self.conv(z, channels, (3, 3), bias=False, padding=1))
        if a.shape[1] != channels or stride != 1:
            a = self.bn(self.conv(a, channels, (1, 1), bias=False, stride=stride))
        return self.relu(z + a)

    def inception(self, a, one, three_in, three, five_in, five, pool):
        first = self.relu(self.conv(a, one, (1, 1)))
        second = self.relu(self.conv(self.relu(self.conv(a, three_in, (1, 1))), three, (3, 3), padding=1))
        third = self.relu(self.conv(self.relu(self.conv(a, five_in, (1, 1))), five, (5, 5), padding=2))
        fourth = self.relu(self.conv(self.largest(a, 3, stride=1, padding=1), pool, (1, 1)))
        return torch.cat([first, second, third, fourth], 1)

    def dense(self, a, units):
        rows = a.permute(0, 2, 3, 1).flatten(1) if a.dim() == 4 else a  # limn's planes lie with their channels last
        w = self.take(rows.shape[1], units)
        return rows @ w + self.take(units)


def spatial(p, a):
    a = p.conv(a, 4, (3, 5), stride=(2, 1), padding=(1, 2), groups=2).tanh()
    return p.dense(p.conv(a, 3, (2, 3), dilation=2, bias=False).sigmoid(), 3)


def pools(p, a):
    a = p.largest(p.conv(a, 5, (3, 3), padding=1), 3, stride=2, padding=1)
    a = functional.softplus(p.conv(a, 5, (1, 1)), threshold=1000)
    a = functional.avg_pool2d(a, 3, stride=1, padding=1, count_include_pad=False)
    a = functional.pad(functional.interpolate(a, scale_factor=2, mode="nearest"), [1] * 4, mode="reflect")
    return p.dense(p.conv(functional.pad(a, [1] * 4), 4, (2, 2)).mean((2, 3)), 3)


def normalised(p, a):
    a = p.relu(p.bn(p.conv(a, 4, (3, 3), padding=1, bias=False)))
    return p.dense(p.ln(p.conv(a, 6, (1, 1), groups=2)).tanh().amax((2, 3)), 3)


def residual(p, a):
    a = p.relu(p.bn(p.conv(a, 4, (3, 3), padding=1, bias=False)))
    return p.dense(p.res(p.res(a, 4), 6, 2).mean((2, 3)), 3)


def transposed(p, a):
    a = p.transposed(p.conv(a, 3, (2, 2), stride=2).tanh(), 4, (4, 4), stride=2, padding=1)
    return p.dense(p.transposed(a.sigmoid(), 2, (2, 2), stride=2), 3)


def inception(p, a):
    return p.dense(p.inception(p.conv(a, 4, (1, 1)).tanh(), 2, 3, 2, 1, 3, 2).mean((2, 3)), 3)


# The architecture, the same by PyTorch, and how many statistics it keeps.
NETWORKS = [
    ("conv 4 3x5 stride 2x1 groups 2 tanh | conv 3 2x3 valid dilation 2 nobias sigmoid | dense 3", spatial, 0),
    ("conv 5 3 | pool 3 stride 2 pad 1 | conv 5 1 softplus | pool 3 stride 1 same average | upsample 2 | pad 1 reflect | "
     "pad 1 | conv 4 2 valid | global-pool | dense 3", pools, 0),
    ("conv 4 3 nobias | bn relu | conv 6 1 groups 2 | ln tanh | global-pool max | dense 3", normalised, 8),
    ("conv 4 3 nobias | bn relu | res 4 | res 6 stride 2 | global-pool | dense 3", residual, 8 + 16 + 36),
    ("conv 3 2 stride 2 valid tanh | conv-transpose 4 4 stride 2 sigmoid | conv-transpose 2 2 stride 2 | dense 3",
     transposed, 0),
    ("conv 4 1 tanh | inception 2 3 2 1 3 2 | global-pool | dense 3", inception, 0),
]
CHANNELS, HEIGHT, WIDTH, BATCH, CLASSES = 2, 8, 6, 4, 3


class Problem:
    def __init__(self, build, kept, training):
        self.build, self.training = build, training
        self.x = rounded(torch.randn(BATCH, CHANNELS, HEIGHT, WIDTH))
        self.y = torch.randint(CLASSES, (BATCH,))
        self.statistics = rounded(torch.rand(kept) + 0.5)
        counting = Pass(torch.zeros(10**5, dtype=torch.float64), self.statistics, training)
        build(counting, self.x)
        self.theta, self.v = (rounded(torch.randn(counting.at) * 0.3) for _ in range(2))

    def run(self, theta):
        done = Pass(theta, self.statistics, self.training)
        return self.build(done, self.x), done

    def by_torch(self):
        theta = self.theta.clone().requires_grad_()
        output = lambda t: self.run(t)[0]
        of_output = lambda o: functional.cross_entropy(o, self.y)
        value = of_output(output(theta))
        _, moved = jvp(output, self.theta, self.v)
        _, curved = hvp(of_output, output(self.theta), moved)
        theirs = {"loss": value.detach().reshape(1),
                  "gradient": torch.autograd.grad(value, theta)[0],
                  "Hv": hvp(lambda t: of_output(output(t)), self.theta, self.v)[1],
                  "Gv": vjp(output, self.theta, curved)[1]}
        if len(self.statistics):
            theirs["statistics"] = torch.cat(self.run(self.theta)[1].next_statistics).detach()
        return theirs

    def is_steady(self):
        done = self.run(self.theta)[1]
        theirs = self.by_torch()
        return (done.nearest > CORNER and done.magnified < MAGNIFIED
                and all(float(theirs[name].norm()) > CANCELLED for name in ("gradient", "Hv", "Gv")))


class PlaneNetworks(unittest.TestCase):
    def test_agree_with_torch(self):
        torch.manual_seed(drawn_seed("networks of planes"))
        worst = {"interpreted": 0, "planned": 0}
        for arch, build, kept in NETWORKS:
            for training in (True, False):
                problem = next(p for _ in range(DRAWS) if (p := Problem(build, kept, training)).is_steady())
                theirs = problem.by_torch()
                ours = ask("derivative", arch=arch, loss="softmax", inputs=f"{CHANNELS} {HEIGHT} {WIDTH}", batch=BATCH,
                           theta=problem.theta, x=problem.x, y=problem.y, v=problem.v, statistics=problem.statistics,
                           weights=torch.ones(CLASSES), training=int(training), option=0)
                with self.subTest(arch, training=training):
                    for who in worst:
                        for name, expected in theirs.items():
                            allowed = EXACT if who == "interpreted" else PRODUCT if name in ("Hv", "Gv") else SINGLE
                            apart = distance(ours[who][name], expected)
                            worst[who] = max(worst[who], apart)
                            self.assertLessEqual(apart, allowed, f"{who} {name}")
        print(f"furthest apart: float64 {worst['interpreted']:.1e}, float32 {worst['planned']:.1e}", flush=True)


if __name__ == "__main__":
    unittest.main()
