"""A hundred training steps by the update rules against torch.optim: first in float64, then by a float32 plan."""
import unittest

import torch
from torch.nn import functional

from ask import ask, distance, drawn_seed, rounded

STEPS = 100
RPROP_STEPS = 25  # later gradients are near zero, and rounding decides their signs
EXACT, SINGLE = 1e-11, 1e-6  # largest distance of the parameters at any step, by norm
# Some trajectories magnify any rounding, as those on the edge of stability do: a problem serves a rule if torch's own runs
# in float32, each with the rows in another order, stay this near to its run in float64.
STEADY, ORDERS, DRAWS = 7e-7, 8, 100
LR, MOMENTUM, BETA2, EPSILON, DECAY = rounded(torch.tensor([2**-7, 0.9, 0.999, 1e-8, 2**-4], dtype=torch.float64)).tolist()


class NAdam(torch.optim.Optimizer):
    """Dozat 2016, algorithm 2. torch.optim.NAdam before torch 2.0 counts one mu twice, and later ones keep the product in
    float32."""

    def __init__(self, groups):
        super().__init__(groups, {"weight_decay": 0})
        self.t, self.product = 0, 1.0

    @torch.no_grad()
    def step(self):
        self.t += 1
        mu, after = (MOMENTUM * (1 - 0.5 * 0.96 ** (t / 250)) for t in (self.t, self.t + 1))
        self.product *= mu
        for group in self.param_groups:
            for p in group["params"]:
                g = p.grad + group["weight_decay"] * p
                state = self.state.setdefault(p, {})
                m = state["m"] = MOMENTUM * state.get("m", 0) + (1 - MOMENTUM) * g
                v = state["v"] = BETA2 * state.get("v", 0) + (1 - BETA2) * g * g
                step = (1 - mu) / (1 - self.product) * g + after / (1 - self.product * after) * m
                p -= LR * step / ((v / (1 - BETA2 ** self.t)).sqrt() + EPSILON)


RULES = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=LR),
    "momentum": lambda groups: torch.optim.SGD(groups, lr=LR, momentum=MOMENTUM),
    "nesterov": lambda groups: torch.optim.SGD(groups, lr=LR, momentum=MOMENTUM, nesterov=True),
    "adagrad": lambda groups: torch.optim.Adagrad(groups, lr=LR, eps=EPSILON),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=LR, alpha=BETA2, eps=EPSILON),
    "rmsprop-centred": lambda groups: torch.optim.RMSprop(groups, lr=LR, alpha=BETA2, eps=EPSILON, centered=True),
    "adadelta": lambda groups: torch.optim.Adadelta(groups, lr=LR, rho=BETA2, eps=EPSILON),
    "adam": lambda groups: torch.optim.Adam(groups, lr=LR, betas=(MOMENTUM, BETA2), eps=EPSILON),
    "amsgrad": lambda groups: torch.optim.Adam(groups, lr=LR, betas=(MOMENTUM, BETA2), eps=EPSILON, amsgrad=True),
    "adamax": lambda groups: torch.optim.Adamax(groups, lr=LR, betas=(MOMENTUM, BETA2), eps=EPSILON),
    "nadam": NAdam,
    "radam": lambda groups: torch.optim.RAdam(groups, lr=LR, betas=(MOMENTUM, BETA2), eps=EPSILON),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=LR, betas=(MOMENTUM, BETA2), eps=EPSILON),
    "rprop": lambda groups: torch.optim.Rprop(groups, lr=LR),
}


def compared(rule):
    return RPROP_STEPS if rule == "rprop" else STEPS


INPUTS, HIDDEN, CLASSES, BATCH = 7, 12, 4, 20


class Problem:
    def __init__(self, seed):
        torch.manual_seed(seed)
        self.x = rounded(torch.randn(BATCH, INPUTS))
        self.y = torch.randint(CLASSES, (BATCH,))
        shapes = [(INPUTS, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)]
        self.start = [rounded(torch.randn(shape) * 0.5) for shape in shapes]

    def by_torch(self, rule, decay, dtype=torch.float64, order=slice(None)):
        x, y = self.x[order].to(dtype), self.y[order]
        w1, b1, w2, b2 = parameters = [p.to(dtype, copy=True).requires_grad_() for p in self.start]
        optimizer = RULES[rule]([{"params": [w1, w2], "weight_decay": decay}, {"params": [b1, b2], "weight_decay": 0}])
        for _ in range(compared(rule)):
            optimizer.zero_grad()
            functional.cross_entropy(torch.tanh(x @ w1 + b1) @ w2 + b2, y).backward()
            optimizer.step()
            yield torch.cat([p.detach().reshape(-1) for p in parameters])

    def is_steady(self, rule, decay):
        exact = list(self.by_torch(rule, decay))
        singles = (self.by_torch(rule, decay, torch.float32, torch.randperm(BATCH)) for _ in range(ORDERS))
        return all(distance(a, b) <= STEADY for single in singles for a, b in zip(single, exact))

    def by_limn(self, rule, decay):
        return ask("training", arch=f"dense {HIDDEN} tanh | dense {CLASSES}", inputs=INPUTS, batch=BATCH, steps=STEPS,
                   rule=rule, hyper=torch.tensor([LR, MOMENTUM, BETA2, EPSILON, decay], dtype=torch.float64),
                   theta=torch.cat([p.reshape(-1) for p in self.start]), x=self.x, y=self.y)


class UpdateRules(unittest.TestCase):
    def test_take_the_steps_of_torch(self):
        first = drawn_seed("update rules")
        for rule in RULES:
            for decay in (0.0,) if rule == "rprop" else (0.0, DECAY):  # torch's Rprop knows no decay
                problem = next(p for k in range(DRAWS) if (p := Problem(first + k)).is_steady(rule, decay))
                ours = problem.by_limn(rule, decay)
                worst = {"interpreted": 0, "planned": 0}
                for step, expected in enumerate(problem.by_torch(rule, decay), 1):
                    for who in worst:
                        worst[who] = max(worst[who], distance(ours[who][str(step)], expected))
                print(f"{rule}, decay {decay:g}: float64 {worst['interpreted']:.1e}, float32 {worst['planned']:.1e}")
                with self.subTest(rule=rule, decay=decay):
                    self.assertLessEqual(worst["interpreted"], EXACT)
                    self.assertLessEqual(worst["planned"], SINGLE)


if __name__ == "__main__":
    unittest.main()
