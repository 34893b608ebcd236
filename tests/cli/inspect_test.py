"""limn inspect: summaries, graphs and plans that other programs can read."""
import json
import math
import os
import re

from lab_upload_test import npy, npz
from program import SANITIZED, SMALL, ProgramTest, drawn_random


def parse_dot(text):
    """{node: label}, edges, and {frame: nodes}; fails on anything that is not written as Graphviz's grammar wants it."""
    statement = re.compile(r'\s*(?:(?P<edge>n\d+ -> (?:n\d+|"[^"]*"));|(?P<id>n\d+|"[^"]*") \[(?P<attributes>(?:\w+=(?:"[^"]*"|\w+) ?)+)\];'
                           r'|subgraph (?P<frame>cluster_\d+) \{ label="[^"]*"; (?P<members>(?:n\d+; )*)\}'
                           r'|node \[shape=box\];)\n')
    assert text.startswith("digraph limn {\n") and text.endswith("}\n")
    at, end = len("digraph limn {\n"), len(text) - len("}\n")
    nodes, edges, frames = {}, [], {}
    while at < end:
        match = statement.match(text, at)
        assert match, text[at:at + 200]
        at = match.end()
        if match["edge"]:
            edges.append(tuple(match["edge"].split(" -> ")))
        elif match["id"]:
            nodes[match["id"]] = match["attributes"]
        elif match["frame"]:
            frames[match["frame"]] = match["members"].replace(";", "").split()
    return nodes, edges, frames


class Inspect(ProgramTest):
    def setUp(self):
        super().setUp()
        self.train(*SMALL, "--steps", 3, "--out", "run")

    def inspect(self, *arguments):
        return self.limn("inspect", "run", *arguments).out

    def test_json_of_graph_and_plan_refers_only_to_what_is_there(self):
        both = json.loads(self.inspect("--graph", "json", "--plan"))
        nodes = both["nodes"]
        self.assertEqual([n["id"] for n in nodes], list(range(len(nodes))))
        for node in nodes:
            self.assertTrue(all(0 <= i < node["id"] for i in node["inputs"]))
            self.assertTrue(node["origin"] is None or 0 <= node["origin"] < node["id"])
            self.assertRegex(node["place"]["file"], r"^src/\w+/\w+\.[ch]pp$")
        self.assertTrue(all(0 <= o["node"] < len(nodes) for o in both["outputs"]))
        scopes = {n["scope"].split("/")[0] for n in nodes}
        self.assertLessEqual({"layer1", "dropout1", "layer2", "layer3", "loss", "update"}, scopes)
        self.assertTrue(any(n["origin"] is not None for n in nodes))
        plan = both["plan"]
        for step in plan["steps"]:
            self.assertTrue(step["nodes"] or step["kind"] in ("move", "copy"), step)
            self.assertTrue(all(0 <= i < len(nodes) for i in step["nodes"]))
            self.assertGreaterEqual(step["chunks"], 1)
            for place in step["in"] + step["out"]:
                self.assertLess(place["offset"], plan["buffers"][place["buffer"]]["floats"])
        self.assertEqual([s["stage"] for s in plan["steps"]], sorted(s["stage"] for s in plan["steps"]))
        alone = json.loads(self.inspect("--plan", "--json"))
        self.assertEqual(alone.pop("event"), "plan")
        self.assertEqual(alone, plan)
        self.assertEqual(json.loads(self.inspect("--graph", "json")), {k: v for k, v in both.items() if k != "plan"})

    def test_dot_is_dot_and_says_the_same_as_json(self):
        graph = json.loads(self.inspect("--graph", "json", "--plan"))
        for arguments in ((), ("--plan",)):
            nodes, edges, frames = parse_dot(self.inspect("--graph", "dot", *arguments))
            wanted = [(f"n{i}", f"n{n['id']}") for n in graph["nodes"] for i in n["inputs"]]
            wanted += [(f"n{o['node']}", f'"{o["name"]}"') for o in graph["outputs"]]
            self.assertEqual(sorted(edges), sorted(wanted))
            self.assertEqual(set(nodes), {f"n{n['id']}" for n in graph["nodes"]} | {f'"{o["name"]}"' for o in graph["outputs"]})
            self.assertEqual(len(frames), len(graph["plan"]["steps"]) if arguments else 0)
            members = [n for frame in frames.values() for n in frame]
            self.assertEqual(len(members), len(set(members)))

    def test_text_has_one_line_a_node_and_a_step_and_is_the_same_each_time(self):
        graph, plan = json.loads(self.inspect("--graph", "json")), json.loads(self.inspect("--plan", "--json"))
        text = self.inspect("--graph", "text", "--plan")
        self.assertEqual(len(re.findall(r"^%\d+ ", text, re.M)), len(graph["nodes"]))
        self.assertEqual(re.findall(r"^stage +\d+  (.*)", text, re.M), [s["text"] for s in plan["steps"]])
        self.assertEqual(text, self.inspect("--graph", "text", "--plan", "--threads", 3))

    def test_a_pass_makes_the_graph_smaller_and_leaves_the_plan_as_it_is(self):
        before, after = (json.loads(self.inspect("--graph", "json", "--plan", *a)) for a in ((), ("--pass", "simplify")))
        self.assertLess(len(after["nodes"]), len(before["nodes"]))
        cost = [(s["kind"], s["flops"]) for s in before["plan"]["steps"]]
        self.assertEqual([(s["kind"], s["flops"]) for s in after["plan"]["steps"]], cost)

    def test_the_summary_adds_up(self):
        said = json.loads(self.inspect("--json"))
        layers = {layer["name"]: layer for layer in said["layers"]}
        self.assertEqual(layers["layer1"]["tensors"], ["w [2, 24]", "b [24]"])
        self.assertEqual(layers["layer1"]["output"], [48, 24])
        self.assertEqual(layers["layer3"]["parameters"], 16 * 2 + 2)
        self.assertEqual(sum(layer["parameters"] for layer in said["layers"]), said["parameters"])
        for cost in ("flops", "bytes"):
            self.assertAlmostEqual(sum(layer[cost] for layer in said["layers"]), said[cost])
        # Products of layer 2: forward, and one each for the gradients of weights and input.
        self.assertGreaterEqual(layers["layer2"]["flops"], 3 * 2 * 48 * 24 * 16)
        self.assertAlmostEqual(said["limit"]["samples_per_second"], 48 * said["limit"]["steps_per_second"], delta=1)
        people = self.inspect()
        for word in ("layer1", "w [2, 24]", "update", "stages", "samples/s"):
            self.assertIn(word, people)

    def test_what_is_carried_is_counted_as_the_steps_listed_say(self):
        """Of colour pictures, by what each step reads and writes: numbers moved with their bytes, activations and weights."""
        random, rows, batch = drawn_random("layout"), 40, 8
        self.write("colour.npz", npz(x=npy("|u1", (rows, 16, 16, 3), random.randbytes(rows * 768)),
                                     y=npy("|u1", (rows,), bytes(i % 10 for i in range(rows)))))
        conv_bn = "conv 4 3x3 nobias | bn relu"
        # Behind the first layer: gradients of the inputs of convolutions and dense layers, so many that weights turn.
        nets = {"resnet-20": 18 + 2 + 1, "lenet5": 4, f"{conv_bn} | pad 1 | conv 6 5x5 relu | upsample 2 | dense 10": 2,
                "conv 4 3x3 relu | inception 2 2 2 2 2 2 relu | global-pool | dense 10": 7,
                "conv 4 3x3 relu | conv 8 3x3 groups 4 relu | dense 10": 2, "dense 10 relu | dense 10": 1}
        for arch, weights in nets.items():
            with self.subTest(arch):
                self.write("recipe.json", json.dumps({"experiment": "cnn" if "conv" in arch or "net" in arch else "mlp", "data": "colour.npz",
                                                      "settings": {"arch": arch, "batch": batch}}))
                both = json.loads(self.limn("inspect", "recipe.json", "--graph", "json", "--plan").out)
                nodes, said = both["nodes"], both["plan"]["layout"]
                of_data = set()
                for node in nodes:
                    if node.get("name") == "x" or of_data.intersection(node["inputs"]):
                        of_data.add(node["id"])
                moved, turned = [], []
                for step in both["plan"]["steps"]:
                    if step["kind"] not in ("move", "copy"):
                        continue
                    node = nodes[step["node"]]
                    source = node["inputs"][node["op"] in ("conv_data", "matmul")]
                    if source not in of_data:
                        turned += [8 * math.prod(nodes[source]["shape"])] * (step["kind"] == "move")
                    elif nodes[source]["shape"][0] == batch and len(nodes[source]["shape"]) > 1:
                        moved.append(step["bytes"])
                training = said["training"]
                self.assertEqual((training["activation_moves"], training["activation_bytes"]), (len(moved), sum(moved)))
                self.assertEqual((training["weight_reorders"], training["weight_bytes"]), (len(turned), sum(turned)))
                self.assertEqual(len(turned), weights)
                self.assertEqual(training["arena_bytes"], 4 * both["plan"]["buffers"][0]["floats"])
                # An evaluation turns no weights; what it moves, a step of training moves on its way forward too.
                self.assertEqual((said["inference"]["weight_reorders"], said["inference"]["weight_bytes"]), (0, 0))
                self.assertLessEqual(said["inference"]["activation_moves"], training["activation_moves"])
                self.assertLess(said["inference"]["arena_bytes"], training["arena_bytes"])
                pictures = 8 * batch * 768  # read and written
                if arch == "resnet-20":
                    self.assertLessEqual(training["activation_moves"], 6)
                    repeated = 4 * batch * (64 + 4 * 4 * 64)  # the gradient of the mean of each plane
                    self.assertEqual(training["activation_bytes"], pictures + repeated)
                    self.assertEqual((said["inference"]["activation_moves"], said["inference"]["activation_bytes"]), (1, pictures))
                if arch.startswith("dense"):
                    self.assertEqual(training["activation_moves"], 0)
                text = self.limn("inspect", "recipe.json", "--plan").out
                self.assertRegex(text, rf"training +{len(moved)} activations moved .*, {weights} weights reordered ")
                self.assertEqual(json.loads(self.limn("inspect", "recipe.json", "--json").out)["layout"], said)

    def test_a_training_takes_little_more_memory_than_the_planned_arena(self):
        """Batches of both sizes and evaluations share what they work in. Beside it stand the data and the program."""
        if SANITIZED:
            self.skipTest("sanitizers take memory of their own")
        random, rows = drawn_random("memory"), 120
        self.write("colour.npz", npz(x=npy("|u1", (rows, 32, 32, 3), random.randbytes(rows * 3072)),
                                     y=npy("|u1", (rows,), bytes(i % 10 for i in range(rows)))))

        def peak(experiment, arch):
            process = self.start("train", experiment, "--data", "colour.npz", "--set", f"arch={arch}", "--set", "batch=32",
                                 "--epochs", 2, "--threads", 2, "--out", experiment)
            process.stdout.read(), process.stdout.close(), process.stderr.close()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            return used.ru_maxrss << 10

        small, large = peak("mlp", "dense 10"), peak("cnn", "resnet-20")
        arena = json.loads(self.limn("inspect", "cnn", "--json").out)["arena_bytes"]
        self.assertGreater(arena, 40e6)
        print(f"arena {arena / 1e6:.0f} MB, taken {(large - small) / 1e6:.0f} MB")
        self.assertLess(large - small, 1.8 * arena)

    def test_a_recipe_file_is_inspected_without_a_run(self):
        self.write("recipe.json", '{"experiment":"mlp","data":"spirals","settings":{"arch":"dense 5 tanh | dense 2"}}')
        files = self.files()
        said = json.loads(self.limn("inspect", "recipe.json", "--json").out)
        self.assertEqual((said["parameters"], said["run"]), (5 * 2 + 5 + 5 * 2 + 2, ""))
        self.assertEqual(self.files(), files)
        whole = self.limn("inspect", "run/recipe.json", "--graph", "text").out
        self.assertEqual(whole, self.inspect("--graph", "text"))

    def test_wrong_requests_are_refused(self):
        self.write("text", "hello")
        for arguments in (["nothing"], ["text"], ["run", "--graph", "svg"], ["run", "--graph", "json", "--pass", "group"],
                          ["run", "--pass", "simplify"], ["run", "--json", "--graph", "dot"], []):
            with self.subTest(arguments=arguments):
                result = self.run_limn("inspect", *arguments)
                self.assertEqual(result.status, 2, result.out + result.err)
                self.assertEqual([line.split(":")[0] for line in result.err.splitlines()], ["error", "hint"])
                self.assertEqual(result.out, "")
