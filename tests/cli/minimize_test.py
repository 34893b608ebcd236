"""`limn minimize` and `limn bench optim`: minima against closed forms and published ones, claims against gradients computed
here, drawn formulas and starts, and whatever is asked wrongly."""
import cmath
import json
import math
import signal
import unittest

from program import SANITIZED, ProgramTest, drawn_random

METHODS = ["gd", "cg", "bfgs", "lbfgs", "newton", "newton-ls", "newton-cg"]  # any function; hf and lm want squares
SQUARES = ["hf", "lm"]


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def beale(x):
    return sum((y - x[0] * (1 - x[1] ** i)) ** 2 for i, y in enumerate((1.5, 2.25, 2.625), 1))


def helical_valley(x):
    turn = cmath.atan(x[1] / x[0]) / (2 * math.pi) + (0.5 if complex(x[0]).real < 0 else 0)
    return 100 * (x[2] - 10 * turn) ** 2 + 100 * (cmath.sqrt(x[0] ** 2 + x[1] ** 2) - 1) ** 2 + x[2] ** 2


def wood(x):
    return (100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2 + 90 * (x[3] - x[2] ** 2) ** 2 + (1 - x[2]) ** 2
            + 10 * (x[1] + x[3] - 2) ** 2 + (x[1] - x[3]) ** 2 / 10)


def powell_singular(x):
    return (x[0] + 10 * x[1]) ** 2 + 5 * (x[2] - x[3]) ** 2 + (x[1] - 2 * x[2]) ** 4 + 10 * (x[0] - x[3]) ** 4


def box3d(x):
    return sum((cmath.exp(-i / 10 * x[0]) - cmath.exp(-i / 10 * x[1]) - x[2] * (math.exp(-i / 10) - math.exp(-i))) ** 2
               for i in range(1, 11))


def trigonometric(x):
    cosines = sum(cmath.cos(c) for c in x)
    return sum((len(x) - cosines + i * (1 - cmath.cos(c)) - cmath.sin(c)) ** 2 for i, c in enumerate(x, 1))


CODED_HERE = {"rosenbrock": rosenbrock, "beale": beale, "helical-valley": helical_valley, "wood": wood,
              "powell-singular": powell_singular, "box3d": box3d, "trigonometric10": trigonometric}


def gradient(function, x):
    """By a complex step: exact to rounding."""
    step = 1e-30
    return [function([c + (1j * step if k == i else 0) for k, c in enumerate(x)]).imag / step for i in range(len(x))]


class Minimize(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.random = drawn_random("minimize")

    def minimize(self, *arguments):
        return self.limn("minimize", "--json", "--quiet", *arguments).done

    def least(self, formula, *arguments, at, value, within=1e-6):
        done = self.minimize("--formula", formula, *arguments)
        name = f"{formula} {arguments} {done}"
        self.assertEqual(len(done["x"]), len(at), name)
        self.assertLessEqual(abs(done["metrics"]["value"] - value), within * max(1, abs(value)), name)
        for found, wanted in zip(done["x"], at):
            self.assertLessEqual(abs(found - wanted), within * max(1, abs(wanted)), name)
        return done

    def zoo(self):
        return self.limn("minimize", "--list", "--json").events


class ClosedForms(Minimize):
    def test_known_minima_are_found_by_every_method(self):
        for method in METHODS:
            for formula, start, at, value in (
                    ("(x - 3)^2", None, [3], 0),
                    ("x - log(x)", "2", [1], 1),
                    ("exp(x) - 2*x", None, [math.log(2)], 2 - 2 * math.log(2)),
                    ("x^2 + x*y + y^2 - 3*y", None, [-1, 2], -3),
                    ("sqrt(1 + x^2) + sqrt(1 + (y - 1)^2)", "0.3,0.2", [0, 1], 2)):
                with self.subTest(method=method, formula=formula):
                    start = [f"--start={start}"] if start else []
                    done = self.least(formula, *start, "--method", method, at=at, value=value)
                    self.assertIn(done["stopped"], ("gradient", "decrease", "step"))
                    self.assertNotIn("reached", done)

    def test_drawn_quadratics_end_at_their_centre(self):
        for _ in range(8):
            n = self.random.randint(1, 6)
            centre = [round(self.random.uniform(-9, 9), 3) for _ in range(n)]
            weights = [round(self.random.uniform(0.5, 30), 3) for _ in range(n)]
            start = [round(self.random.uniform(-20, 20), 3) for _ in range(n)]
            least = round(self.random.uniform(-5, 5), 3)
            formula = "sum(i=1..n, w[i]*(x[i] - c[i])^2) + least"
            constants = [word for name, values in (("n", [n]), ("w", weights), ("c", centre), ("least", [least]))
                         for word in ("--constant", f"{name}={','.join(map(str, values))}")]
            method = self.random.choice(METHODS)
            with self.subTest(centre=centre, weights=weights, start=start, method=method):
                self.least(formula, *constants, f"--start={','.join(map(str, start))}", "--method", method, at=centre,
                           value=least)

    def test_least_squares_meet_the_normal_equation(self):
        a, y = ([round(self.random.uniform(-3, 3), 2) for _ in range(9)] for _ in range(2))
        slope = sum(p * q for p, q in zip(a, y)) / sum(p * p for p in a)
        value = sum((p * slope - q) ** 2 for p, q in zip(a, y))
        for method in METHODS + SQUARES:
            with self.subTest(method=method, a=a, y=y):
                self.least("sum(i=1..9, (a[i]*t - y[i])^2)", "--constant", f"a={','.join(map(str, a))}", "--constant",
                           f"y={','.join(map(str, y))}", "--method", method, at=[slope], value=value)

    def test_without_a_start_a_formula_starts_at_zero(self):
        first = self.limn("minimize", "--json", "--trace", "--formula", "(x-1)^2 + (y-2)^2 + 5").of("iteration")[0]
        self.assertEqual(first["initial_value"], 10)
        said = self.limn("minimize", "--formula", "(x-1)^2").out
        self.assertIn("from zero, as no --start is given", said)

    def test_an_indexed_formula_has_as_many_variables_as_its_start(self):
        done = self.minimize("--formula", "sum(i=1..n, (x[i] - i)^2)", "--start=0,0,0,0")
        self.assertEqual(done["variables"], ["x[1]", "x[2]", "x[3]", "x[4]"])
        self.assertTrue(all(abs(found - i) < 1e-6 for i, found in enumerate(done["x"], 1)))


class Zoo(Minimize):
    def test_the_list_names_31_classical_problems_with_start_and_least_value(self):
        zoo = self.zoo()
        names = [problem["problem"] for problem in zoo]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(sum(problem["family"] == "classical" for problem in zoo), 31)
        for problem in zoo:
            self.assertEqual(problem["dimension"], len(problem["start"]), problem)
            if problem["family"] == "classical":
                self.assertTrue(problem["minima"][0]["global"], problem)
        people = self.limn("minimize", "--list").out
        self.assertTrue(all(name in people for name in names))

    def test_classical_problems_end_in_listed_minima(self):
        classical = [problem["problem"] for problem in self.zoo() if problem["family"] == "classical"]
        for method, listed, overall in (("bfgs", 30, 27), ("lbfgs", 30, 27), ("newton", 31, 0)):
            ends = {name: self.minimize("--problem", name, "--method", method)["reached"] for name in classical}
            misses = {name: end for name, end in ends.items() if end != "global"}
            with self.subTest(method=method):
                self.assertGreaterEqual(sum(end != "none" for end in ends.values()), listed, misses)
                self.assertGreaterEqual(sum(end == "global" for end in ends.values()), overall, misses)

    def test_what_claims_a_small_gradient_has_one(self):
        for name, function in CODED_HERE.items():
            for method in METHODS + SQUARES:
                tolerance = 10 ** self.random.uniform(-8, -2)
                done = self.minimize("--problem", name, "--method", method, f"--gradient-tolerance={tolerance!r}",
                                     "--most-evaluations=3000")
                norm = max(map(abs, gradient(function, done["x"])))
                value = complex(function(done["x"])).real
                said = f"{name} {method} {tolerance}: {done}"
                self.assertLessEqual(abs(norm - done["metrics"]["gradient_norm"]), 1e-11 + 1e-9 * norm, said)
                self.assertLessEqual(abs(value - done["metrics"]["value"]), 1e-14 + 1e-12 * value, said)
                if done["stopped"] == "gradient":
                    self.assertLessEqual(norm, tolerance + 1e-11, said)

    def test_other_starts_than_the_published_one_are_taken(self):
        for _ in range(4):
            start = [round(self.random.uniform(-3, 3), 3) for _ in range(2)]
            first = self.limn("minimize", "--json", "--trace", "--problem", "rosenbrock",
                              f"--start={start[0]},{start[1]}").of("iteration")[0]
            self.assertAlmostEqual(first["initial_value"], rosenbrock(start), delta=1e-9 * (1 + rosenbrock(start)))

    def test_evaluations_to_1e_8_are_none_where_it_never_got_there(self):
        near = self.minimize("--problem", "rosenbrock")
        self.assertLessEqual(near["evaluations_to_1e-8"], near["metrics"]["evaluations"])
        self.assertEqual(near["reached"], "global")
        early = self.minimize("--problem", "rosenbrock", "--most-iterations=3")
        self.assertIsNone(early["evaluations_to_1e-8"])
        self.assertEqual(early["reached"], "none")


class Rules(Minimize):
    """First-order rules, against steps of their papers written out here."""

    @staticmethod
    def steps_here(rule, x, gradient, lr, beta1, beta2, corrected):
        m, v = [0.0] * len(x), [0.0] * len(x)
        for step in range(1, 51):
            g = gradient(x)
            if rule == "adam":  # Kingma and Ba 2015, algorithm 1
                m = [beta1 * a + (1 - beta1) * b for a, b in zip(m, g)]
                v = [beta2 * a + (1 - beta2) * b * b for a, b in zip(v, g)]
                p, q = (1 - beta1 ** step, 1 - beta2 ** step) if corrected else (1, 1)
                x = [c - lr * (a / p) / (math.sqrt(b / q) + 1e-8) for c, a, b in zip(x, m, v)]
            elif rule == "adagrad":
                v = [a + b * b for a, b in zip(v, g)]
                x = [c - lr * b / (math.sqrt(a) + 1e-8) for c, a, b in zip(x, v, g)]
            else:
                m = [beta1 * a + b for a, b in zip(m, g)]
                x = [c - lr * (b + beta1 * a if rule == "nesterov" else a) for c, a, b in zip(x, m, g)]
            yield x

    def test_fifty_steps_are_those_of_the_papers(self):
        for rule in ("adam", "adagrad", "momentum", "nesterov"):
            for corrected in ("on", "off") if rule == "adam" else ("on",):
                beta1, beta2 = round(self.random.uniform(0.5, 0.95), 3), round(self.random.uniform(0.9, 0.999), 4)
                lr = round(10 ** self.random.uniform(-4, -3.3) * (1 if rule in ("momentum", "nesterov") else 100), 6)
                start = [round(self.random.uniform(-1.5, 1.5), 3) for _ in range(2)]
                sets = {"lr": lr, "bias_correction": corrected, **({"beta2": beta2} if rule == "adam" else {}),
                        **({"momentum": beta1} if rule != "adagrad" else {})}
                result = self.limn("minimize", "--json", "--trace", "--problem", "rosenbrock", "--method", rule,
                                   f"--start={start[0]},{start[1]}", "--most-iterations=50",
                                   *(word for name, value in sets.items() for word in ("--set", f"{name}={value}")))
                here = self.steps_here(rule, start, lambda x: gradient(rosenbrock, x), lr, beta1, beta2, corrected == "on")
                for event, x in zip(result.of("iteration"), here, strict=True):
                    with self.subTest(rule=rule, start=start, sets=sets, step=event["iteration"]):
                        self.assertEqual(event["evaluations"], event["iteration"])
                        for there, c in zip(event["x"], x):
                            self.assertAlmostEqual(there, c, delta=1e-9 * (1 + abs(c)))
                        self.assertAlmostEqual(event["value"], rosenbrock(event["x"]), delta=1e-12 * (1 + event["value"]))
                self.assertEqual(result.done["stopped"], "iterations")

    def test_every_rule_goes_down_at_its_own_first_rate(self):
        with_rules = self.run_limn("minimize", "--formula", "x^2", "--method", "none-such").err
        rules = [name for name in with_rules.split("methods are: ")[1].split() if name.strip(",") not in METHODS + SQUARES]
        self.assertGreaterEqual(len(rules), 15)
        for rule in (name.strip(",") for name in rules):
            done = self.minimize("--formula", "x^2 + 4*(y - 1)^2", "--start=1,3", "--method", rule, "--most-iterations=2000")
            with self.subTest(rule=rule, done=done):
                self.assertLess(done["metrics"]["value"], 1)
                norm = max(abs(2 * done["x"][0]), abs(8 * (done["x"][1] - 1)))
                self.assertAlmostEqual(done["metrics"]["gradient_norm"], norm, delta=1e-12)
                self.assertEqual(done["stopped"], "gradient" if norm <= 1e-8 else "iterations")

    def test_a_start_at_the_minimum_is_left_alone(self):
        done = self.minimize("--formula", "(x - 2)^2", "--start=2", "--method", "adam")
        self.assertEqual((done["stopped"], done["x"], done["metrics"]["iterations"]), ("gradient", [2], 0))

    def test_a_rate_that_is_too_large_is_told(self):
        result = self.run_limn("minimize", "--problem", "rosenbrock", "--method", "sgd", "--set", "lr=1", "--json")
        self.assertEqual(result.status, 1)
        self.assertIn("diverged", result.err)
        self.assertIn("smaller rate", result.err)


class Output(Minimize):
    def test_iterations_are_lines_with_what_the_done_line_ends_on(self):
        result = self.limn("minimize", "--json", "--problem", "beale")
        iterations, done = result.of("iteration"), result.done
        self.assertEqual([e["iteration"] for e in iterations], list(range(1, len(iterations) + 1)))
        self.assertEqual(len(result.events), len(iterations) + 1)
        self.assertEqual(done["metrics"]["iterations"], len(iterations))
        for name in ("value", "gradient_norm", "evaluations"):
            self.assertEqual(iterations[-1][name], done["metrics"][name])
        self.assertEqual(self.limn("minimize", "--json", "--quiet", "--problem", "beale").of("iteration"), [])

    def test_a_trace_has_points_that_were_evaluated(self):
        result = self.limn("minimize", "--json", "--trace", "--problem", "rosenbrock")
        previous = [-1.2, 1]
        for event in result.of("iteration"):
            self.assertAlmostEqual(event["value"], rosenbrock(event["x"]), delta=1e-12 * (1 + event["value"]))
            moved = math.dist(previous, event["x"])
            self.assertAlmostEqual(event["step_norm"], moved, delta=1e-9 * (1 + moved))
            self.assertTrue(event["trials"] or not event["accepted"], event)
            previous = event["x"]
        self.assertEqual(previous, result.done["x"])

    def test_people_get_a_short_table_the_point_and_the_reason(self):
        text = self.limn("minimize", "--problem", "trigonometric10", "--method", "gd", "--most-iterations=700").out
        shown = [int(line.split()[0]) for line in text.splitlines() if line[:9].strip().isdigit()]
        self.assertEqual(shown[:10], list(range(1, 11)), text)
        self.assertTrue(set(shown[10:-1]) <= {20, 50, 100, 200, 500}, text)
        self.assertIn("x[10] = ", text)
        self.assertIn("iterations", text.splitlines()[-1])
        local = self.limn("minimize", "--problem", "freudenstein-roth").out
        self.assertIn("minimum of freudenstein-roth, ", local)

    def test_the_same_request_gives_the_same_bits(self):
        for arguments in (("--problem", "wood", "--method", "lbfgs"), ("--problem", "noisy-booth", "--seed", "7", "--most-evaluations=300")):
            twice = [self.limn("minimize", "--json", "--trace", *arguments).events for _ in range(2)]
            for events in twice:
                del events[-1]["seconds"]
            self.assertEqual(*twice)

    def test_the_seed_of_the_noise_matters_only_where_there_is_noise(self):
        def end(name, seed):
            return self.minimize("--problem", name, "--seed", seed, "--most-evaluations=200")["x"]
        self.assertEqual(end("beale", 1), end("beale", 2))
        self.assertNotEqual(end("noisy-booth", 1), end("noisy-booth", 2))

    def test_limits_end_it_and_are_named(self):
        done = self.minimize("--problem", "wood", "--most-iterations=4")
        self.assertEqual((done["stopped"], done["metrics"]["iterations"]), ("iterations", 4))
        done = self.minimize("--problem", "wood", "--most-evaluations=9")
        self.assertEqual(done["stopped"], "evaluations")
        self.assertLess(done["metrics"]["evaluations"], 9 + 41)  # a line search is not broken off

    def test_options_of_a_method_change_its_way(self):
        base = self.minimize("--problem", "wood", "--method", "lbfgs")["metrics"]
        for setting in ("memory=2", "line_search=backtracking", "c2=0.1"):
            other = self.minimize("--problem", "wood", "--method", "lbfgs", "--set", setting)["metrics"]
            self.assertNotEqual(base, other, setting)
        fixed = self.limn("minimize", "--json", "--formula", "x^2", "--start=1", "--method", "gd", "--set", "line_search=fixed",
                          "--set", "lr=0.25", "--most-iterations=5").of("iteration")
        self.assertEqual([e["value"] for e in fixed], [0.25 ** i for i in range(1, 6)])  # x halves each time

    def test_an_interrupt_ends_it_with_the_best_point_and_130(self):
        process = self.start("minimize", "--json", "--problem", "rosenbrock", "--method", "gd", "--set", "line_search=fixed",
                             "--set", "lr=1e-7", "--gradient-tolerance=0", "--most-iterations=1000000000000",
                             "--most-evaluations=1000000000000")
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        done = json.loads(out.splitlines()[-1])
        self.assertEqual((done["event"], done["stopped"]), ("done", "interrupted"))
        self.assertAlmostEqual(rosenbrock(done["x"]), done["metrics"]["value"], delta=1e-9)
        self.assertLess(done["metrics"]["value"], rosenbrock([-1.2, 1]))


class Refused(Minimize):
    def refused(self, *arguments, says=()):
        for more in ((), ("--json",)):
            result = self.run_limn("minimize", *arguments, *more)
            name = f"minimize {' '.join(arguments)}\n{result.out}{result.err}"
            self.assertEqual(result.status, 2, name)
            lines = result.err.splitlines()
            self.assertTrue(lines[0].startswith("error: ") and lines[1].startswith("hint: "), name)
            self.assertNotIn("limn broke", result.err, name)
            self.assertEqual(result.out, "", name)
            for word in says:
                self.assertIn(word, result.err, name)
        self.assertEqual(self.files(), [])

    def test_of_the_request(self):
        square = ("--formula", "x^2")
        for arguments, says in (
                ((), ["--problem NAME", "--list"]),
                (("--problem", "beale", *square), ["both"]),
                (("--problem", "beele"), ["beale"]),
                (("--problem", "penalty1-0"), ["dimension"]),
                (("--problem", "beale", "--constant", "n=3"), ["--formula"]),
                (("--problem", "beale", "--start=1"), ["2"]),
                (("--problem", "wood", "--start=1,2,3,4,5"), ["5", "4"]),
                ((*square, "--start=1,2"), []),
                ((*square, "--start="), []),
                ((*square, "--start=1,,2"), ["finite number"]),
                ((*square, "--start=nan"), ["finite number"]),
                ((*square, "--start=1e999"), ["finite number"]),
                ((*square, "--start=one"), ["one"]),
                ((*square, "--method", "bgfs"), ["did you mean bfgs?"]),
                ((*square, "--method", ""), ["bfgs"]),
                ((*square, "--set", "memry=3"), ["did you mean memory?"]),
                ((*square, "--set", "memory"), ["NAME=VALUE"]),
                ((*square, "--set", "memory=0"), ["from 1"]),
                ((*square, "--set", "memory=2.5"), ["whole number"]),
                ((*square, "--method", "adan"), ["did you mean adam?"]),
                ((*square, "--method", "adam", "--set", "memory=3"), ["beta2"]),
                ((*square, "--method", "adam", "--set", "lr=-1"), ["lr"]),
                ((*square, "--method", "bfgs", "--set", "momentum=0.5"), ["momentum"]),
                (("--formula", "log(x)", "--method", "adam"), ["finite"]),
                ((*square, "--set", "line_search=golden"), ["hager-zhang"]),
                ((*square, "--set", "c1=0.3", "--set", "c2=0.2"), ["c1"]),
                ((*square, "--set", "c1=nan"), ["from"]),
                ((*square, "--set", "line_search=fixed"), ["lr="]),
                (("--problem", "rosenbrock", "--set", "line_search=exact"), ["quadratic"]),
                (("--formula", "exp(x) - x", "--method", "lm"), []),
                (("--problem", "ext-rosenbrock100000", "--method", "bfgs"), ["lbfgs"]),
                ((*square, "--gradient-tolerance=-1"), ["0 or more"]),
                ((*square, "--gradient-tolerance=small"), ["small"]),
                ((*square, "--most-iterations=0"), ["from 1"]),
                ((*square, "--most-evaluations=1e3"), ["whole number"]),
                ((*square, "--constant", "=3"), []),
                ((*square, "--constant", "a=three"), ["three"]),
                ((*square, "--seed", "-1"), ["--seed"]),
                ((*square, "--stat", "1"), ["--sta"])):
            with self.subTest(arguments=arguments):
                self.refused(*arguments, says=says)

    def test_of_a_start_where_there_is_no_value(self):
        for formula, start in (("log(x)", "0"), ("1/x", "0"), ("sqrt(x)", "-1"), ("x^2 + 0/y", "1,0"), ("exp(x)^2", "900")):
            with self.subTest(formula=formula):
                self.refused("--formula", formula, f"--start={start}", says=["finite"])

    def test_of_formulas_with_a_caret(self):
        for formula in ("", " ", "x +", "(x", "x)", "x^", "2*foo(x)", "sum(i=1..n, x[i])", "x[0]^2", "x[1]^2 + x", "x $ 2", "1..2", "sum(i=1..3)",
                        "x^2 + \u00a7", "exp()", "exp(x, y)", "(" * 3000 + "x", "-" * 5000 + "x^", "x[1e9]^2", "sum(i=1..1e12, x*i)",
                        "sum(i=1..1e5, sum(j=1..1e5, x*i*j))", "3", "x[y]^2", "\\x00", "x" * 30000):
            with self.subTest(formula=formula[:40]):
                self.refused("--formula", formula, says=["nothing"] if not formula else ["^"] if len(formula.strip()) in range(2, 20) else [])

    def test_drawn_texts_never_break_it(self):
        pieces = ["x", "y", "x[1]", "x[2]", "2", "0.5", "1e3", "+", "-", "*", "/", "^", "(", ")", ",", "sum(i=1..3,", "exp(", "log(", "sin(",
                  "abs(", "where(", "x<y", "i", "pi", "n", " ", "..", "=", "sqrt(", "max(", "1e-300", "1e300"]
        for _ in range(30 if SANITIZED else 120):
            text = "".join(self.random.choice(pieces) for _ in range(self.random.randint(1, 14)))
            start = [] if self.random.random() < 0.5 else [f"--start={self.random.uniform(-2, 2)}"]
            result = self.run_limn("minimize", "--formula", text, *start, "--method", self.random.choice(METHODS + ["adam", "sgd", "rprop"]),
                                   "--json", "--quiet", "--most-evaluations=500")
            name = f"{text!r} {start}: {result.out}{result.err}"
            self.assertIn(result.status, (0, 1, 2), name)
            self.assertTrue(result.status != 1 or "diverged: the value behind step" in result.err, name)
            if result.status:
                self.assertTrue(result.err.startswith("error: ") and "\nhint: " in result.err, name)
            elif result.done["metrics"]["value"] is None:
                self.fail(name)


@unittest.skipIf(SANITIZED, "nothing is measured under sanitizers")
class Bench(Minimize):
    def test_the_workload_counts_every_method_on_every_problem(self):
        events = self.limn("bench", "optim", "--json").events
        workloads = {e["workload"]: e for e in events if e["event"] == "bench"}
        self.assertEqual(set(workloads), {f"optim/{method}" for method in METHODS + SQUARES})
        for name, total in workloads.items():
            own = [e for e in events if e["event"] == "problem" and e["solver"] == f"limn {name[6:]}"]
            self.assertEqual(len(own), total["problems"])
            self.assertEqual(sum(e["reached"] != "none" for e in own), total["solved"])
            self.assertEqual(sum(e["evaluations"] for e in own), total["evaluations"])
            if name[6:] in METHODS:
                self.assertEqual(len(own), 31)
