"""Playing in the lab: until what, how fast, side by side, in fair shares; and what the stream says of it."""
import json
import os
import threading
import time
import unittest

from lab import Stream, authorised
from lab_test import SETTINGS, LabTest
from program import SANITIZED, drawn_random


class PlayTest(LabTest):
    def processor_seconds(self):
        """That the lab has used so far: unlike the clock's, other programs have little part in them."""
        fields = open(f"/proc/{self.lab.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return sum(int(t) for t in fields[11:13]) / os.sysconf("SC_CLK_TCK")


class Conditions(LabTest):
    def reached(self, run, until, **more):
        self.lab.do(run, "play", until=until, **more)
        return self.wait_for(run, lambda s: s["state"] in ("paused", "done"))

    def test_a_run_plays_until_its_loss_is_below_a_number(self):
        run = self.lab.create(settings=SETTINGS, steps=100000)["id"]
        state = self.reached(run, {"name": "train.loss", "below": 0.4})
        losses = [self.lab.quantity(run, step, "train.loss")["value"] for step in range(1, state["step"] + 1)]
        self.assertEqual(next(i for i, v in enumerate(losses) if v < 0.4) + 1, state["step"])
        self.assertEqual(state["reached"], {"step": state["step"], "name": "train.loss", "value": losses[-1]})
        self.assertEqual(state["until_condition"], {"name": "train.loss", "below": 0.4})
        self.assertEqual((state["state"], state["until"]), ("paused", 100000))
        self.assertIsNone(self.lab.do(run, "step")["reached"])

    def test_metrics_of_evaluations_count_where_they_were_measured(self):
        run = self.lab.create(settings=SETTINGS, steps=100000)["id"]
        state = self.reached(run, {"name": "valid.accuracy", "above": 0.8})
        evals = self.lab.get(f"/api/runs/{run}")["evals"]
        self.assertGreater(evals[-1]["valid.accuracy"], 0.8)
        self.assertTrue(all(e["valid.accuracy"] <= 0.8 for e in evals[:-1]), evals)
        self.assertEqual((state["step"], state["reached"]["value"]), (evals[-1]["step"], evals[-1]["valid.accuracy"]))
        self.lab.do(run, "seek", step=0)  # what is repeated stops at the same place
        self.assertEqual(self.reached(run, {"name": "valid.accuracy", "above": 0.8})["fingerprint"], state["fingerprint"])

    def test_seconds_are_those_of_training_and_a_step_is_a_step(self):
        run = self.lab.create(settings=SETTINGS, steps=10**8)["id"]
        begin = time.monotonic()
        state = self.reached(run, {"seconds": 0.3})
        if not SANITIZED:
            self.assertGreaterEqual(time.monotonic() - begin, 0.29)
        self.assertGreaterEqual(state["reached"]["seconds"], 0.3)
        self.assertLess(state["reached"]["seconds"], 1.3)
        state = self.reached(run, state["head"] + 10)
        self.assertEqual((state["step"], state["until"], state["until_condition"], state["reached"]),
                         (state["until"], state["head"], None, None))

    def test_conditions_that_cannot_be_met_are_refused(self):
        run = self.lab.create(settings=SETTINGS, steps=100)["id"]
        for wrong in [{}, {"name": "valid.rmse", "below": 1}, {"name": "test.loss", "below": 1}, {"name": "train.loss"},
                      {"name": "train.loss", "below": "1"}, {"name": "train.loss", "below": 1, "above": 2},
                      {"seconds": 0}, {"seconds": None}, {"seconds": 1, "name": "train.loss"}, {"below": 3}, -1, "x", []]:
            status, answer = self.lab.request("POST", f"/api/runs/{run}/command", json.dumps({"do": "play", "until": wrong}))
            self.assertEqual(status, 400, (wrong, answer))
            self.assertTrue(answer["hint"])
        for wrong in [0, -1, "2", [], 1e9]:
            status, answer = self.lab.request("POST", f"/api/runs/{run}/command", json.dumps({"do": "play", "speed": wrong}))
            self.assertEqual(status, 400, (wrong, answer))
        for wrong in [["nothing"], 5, [5], [run] * 99 + ["nothing"]]:
            status, answer = self.lab.request("POST", f"/api/runs/{run}/command", json.dumps({"do": "play", "together": wrong}))
            self.assertIn(status, (400, 404), (wrong, answer))
        self.assertEqual(self.lab.request("POST", f"/api/runs/{run}/command", '{"do":"speed","speed":2}')[0], 400)
        self.assertEqual(self.lab.get(f"/api/runs/{run}")["state"], "paused")


class Pace(PlayTest):
    def test_a_speed_is_kept_and_can_be_changed(self):
        run = self.lab.create(settings=SETTINGS, steps=10**7)["id"]
        self.assertIsNone(self.lab.get(f"/api/runs/{run}")["speed"])
        self.assertEqual(self.lab.do(run, "play", speed=20)["speed"], 20)
        stream, begin = self.stream(), time.monotonic()
        for state in stream.states(run):
            if state["step"] >= 20:
                break
        if not SANITIZED:
            self.assertGreater(time.monotonic() - begin, 0.9)
        self.assertLessEqual(state["step"], 22)
        self.assertEqual(self.lab.do(run, "speed", speed=None)["speed"], None)
        self.assertGreater(next(s for s in stream.states(run) if s["step"] > 300 and s["rate"] > 0)["rate"], 40)
        self.assertEqual(self.lab.do(run, "pause")["speed"], None)

    @unittest.skipIf(SANITIZED, "time means nothing under sanitizers")
    def test_a_slow_run_costs_nothing_between_its_steps(self):
        run = self.lab.create(settings=SETTINGS, steps=10**7)["id"]
        stream = self.stream()
        self.lab.do(run, "play", speed=2)
        for state in stream.states(run):
            if state["step"] >= 2:
                break
        before, begin = self.processor_seconds(), time.monotonic()
        for state in stream.states(run):
            if state["step"] >= 5:
                break
        self.assertGreater(time.monotonic() - begin, 1.2)
        self.assertLess(self.processor_seconds() - before, 0.04)


class Together(LabTest):
    def branches(self):
        run = self.lab.create(settings=SETTINGS, steps=100000)["id"]
        self.lab.do(run, "step", count=300)
        return run, *(self.lab.do(run, "branch", step=step, settings=settings)["id"]
                      for step, settings in [(100, {"lr": 0.02}), (200, {"momentum": 0.5})])

    def at(self, *runs):
        return [self.lab.get(f"/api/runs/{run}") for run in runs]

    def test_branches_end_at_equal_steps_with_the_bits_they_have_alone(self):
        run, one, two = self.branches()
        state = self.lab.do(one, "play", together=[two, run, one], until=900)
        self.assertEqual(state["together"], [one, two, run])
        self.wait_for(two, lambda s: s["state"] == "paused")
        self.wait_for(run, lambda s: s["state"] == "paused")
        states = self.at(run, one, two)
        self.assertEqual([(s["step"], s["state"], s["together"]) for s in states], [(900, "paused", [])] * 3)
        for of, settings, base in [(one, {"lr": 0.02}, 100), (two, {"momentum": 0.5}, 200)]:
            alone = self.lab.do(run, "branch", step=base, settings=settings)["id"]
            self.assertEqual(self.lab.do(alone, "step", count=900 - base)["fingerprint"],
                             next(s for s in states if s["id"] == of)["fingerprint"])

    def test_a_pause_finds_all_at_the_same_step(self):
        run, one, two = self.branches()
        for pausing in (run, one, two):
            self.lab.do(run, "play", together=[one, two])
            self.wait_for(one, lambda s: s["step"] > self.lab.get(f"/api/runs/{run}")["start"] + 320)
            self.lab.do(pausing, "pause")
            states = self.at(run, one, two)
            self.assertEqual({s["state"] for s in states}, {"paused"})
            self.assertEqual(len({s["step"] for s in states}), 1, states[0]["step"])
            self.assertGreater(states[0]["step"], 300)

    def test_who_is_behind_catches_up_before_the_others_go_on(self):
        run, one, two = self.branches()
        self.lab.do(run, "play", together=[one, two], speed=40)
        self.wait_for(run, lambda s: s["step"] > 301)
        steps = [s["step"] for s in self.at(one, two)]  # those behind had 200 and 100 steps to go, at 40 a second
        self.assertGreaterEqual(min(steps), 301)

    def test_a_condition_pauses_all_at_one_step(self):
        run, one, two = self.branches()
        self.lab.do(one, "play", together=[run, two], until={"name": "train.loss", "below": 0.2})
        self.wait_for(two, lambda s: s["state"] == "paused" and s["step"] > 200)
        states = self.at(run, one, two)
        self.assertEqual(len({s["step"] for s in states}), 1)
        self.assertTrue(any(s["reached"] and s["loss"] < 0.2 and s["reached"]["value"] == s["loss"] for s in states))

    def test_one_that_goes_elsewhere_pauses_the_others(self):
        run, one, two = self.branches()
        self.lab.do(run, "play", together=[one, two])
        self.wait_for(one, lambda s: s["step"] > 320)
        self.assertEqual(self.lab.do(two, "seek", step=250)["step"], 250)
        self.assertEqual([s["state"] for s in self.at(run, one, two)], ["paused"] * 3)


class Fairness(PlayTest):
    @unittest.skipIf(SANITIZED, "time means nothing under sanitizers")
    def test_long_steps_have_no_more_time_than_short_ones(self):
        large = self.lab.create(settings={"arch": "dense 1024 relu | dense 1024 relu | dense 1024 relu | dense 2", "batch": 512},
                                steps=10**6)["id"]
        small = self.lab.create(settings=SETTINGS, steps=10**8)["id"]
        stream, ends = self.stream(), {}
        for run in (large, small):
            stream.send(json.dumps({"watch": run, "views": []}))
        begin = time.monotonic()
        for run in (large, small):  # seconds of training: who has the larger share has them sooner
            self.lab.do(run, "play", until={"seconds": 1.5})
        for head, _ in stream.frames():
            if head["kind"] == "state" and head["state"].get("reached"):
                ends[head["run"]] = time.monotonic() - begin
                if len(ends) == 2:
                    break
        print("1.5 seconds of training each within", [f"{ends[run]:.2f}" for run in (large, small)])
        self.assertGreater(min(ends.values()), 2.6)


class Readings(LabTest):
    def names(self, random):
        return [f"layer1.w[{random.randrange(2)},{random.randrange(24)}]", f"layer3.dw[{random.randrange(16)},0]",
                f"layer2.delta[{random.randrange(16)}]@train/{random.randrange(50)}", "train.loss",
                f"layer2.z[3]@batch/{random.randrange(9)}"]

    def test_other_steps_are_read_while_the_run_goes_on(self):
        random = drawn_random("readings")
        run = self.lab.create(settings=SETTINGS, steps=10**7)["id"]
        self.lab.do(run, "step", count=300)
        self.lab.do(run, "set", settings={"lr": 0.002, "freeze": "layer2.b"})
        self.lab.do(run, "step", count=100)
        self.lab.do(run, "act", name="edit", values={"layer1.w[1,1]": 0.75})
        self.lab.do(run, "play")
        self.wait_for(run, lambda s: len(s["snapshots"]) >= 12)
        asked = []
        for _ in range(12):
            head = self.lab.get(f"/api/runs/{run}")["head"]
            step = random.choice([random.randint(1, head), 300, 301, 400, 401, head - 1])
            asked += [(step, name, self.lab.quantity(run, step, name)["hex"]) for name in self.names(random)]
        self.assertEqual(self.lab.get(f"/api/runs/{run}")["state"], "playing")
        self.assertEqual(self.lab.stop(), 0)
        for step, name, seen in asked:
            replayed = self.limn("replay", self.folder_of(run), "--step", step, "--quantity", name, "--json", "--threads", 1)
            self.assertEqual(replayed.of("quantity")[0]["hex"], seen, (step, name))

    def test_what_was_read_before_an_edit_is_read_anew_behind_it(self):
        run = self.lab.create(settings=SETTINGS, steps=300)["id"]
        self.lab.do(run, "step", count=50)
        receipt = self.lab.get(f"/api/runs/{run}/steps/50/receipts/layer1.b%5B3%5D")  # takes the reader to step 50
        self.lab.do(run, "act", name="edit", values={"layer1.b[3]": 2.25})
        self.lab.do(run, "seek", step=20)
        self.assertNotEqual(receipt["value"], 2.25)
        self.assertEqual(self.lab.quantity(run, 50, "layer1.b[3]")["value"], 2.25)
        branch = self.lab.do(run, "branch", step=50, settings={"lr": 0.5})["id"]
        self.assertEqual(self.lab.quantity(branch, 50, "layer1.b[3]")["value"], 2.25)
        # The branch took its changes with the same session that reads on.
        self.assertEqual(self.lab.quantity(run, 50, "layer1.b[3]")["value"], 2.25)
        one = self.lab.do(run, "seek", step=50) and self.lab.do(run, "step")["step"]
        self.lab.do(run, "seek", step=20)
        self.assertEqual((one, self.lab.quantity(run, 51, "layer1.w[0,0]")["hex"]),
                         (51, self.lab.do(run, "seek", step=51) and self.lab.quantity(run, 51, "layer1.w[0,0]")["hex"]))

    @unittest.skipIf(SANITIZED, "time means nothing under sanitizers")
    def test_a_long_way_to_a_number_holds_nobody_up(self):
        slow = {"arch": "dense 512 relu | dense 512 relu | dense 2", "batch": 256}
        run = self.lab.create(settings=slow, steps=10**6)["id"]
        self.lab.do(run, "step", count=150)
        asking = threading.Thread(target=lambda: self.lab.quantity(run, 149, "layer1.w[0,0]"))
        other = self.lab.create(settings=SETTINGS, steps=10**7)["id"]
        took = []
        asking.start()
        while asking.is_alive():
            begin = time.monotonic()
            self.lab.do(other, "set", settings={"lr": 0.001 + len(took) * 1e-6})
            took.append(time.monotonic() - begin)
        asking.join()
        print(f"{len(took)} commands meanwhile, the slowest took {max(took) * 1e3:.0f} ms")
        self.assertLess(sorted(took)[len(took) * 95 // 100], 0.15)

    def test_runs_that_share_data_are_opened_again_as_they_were(self):
        runs = [self.lab.create(settings=SETTINGS, steps=50, seed=7)["id"] for _ in range(2)]
        ends = {self.lab.do(run, "step", count=50)["fingerprint"] for run in runs}
        other = self.lab.create(settings=SETTINGS, steps=50, seed=8)
        self.assertEqual(self.lab.stop(), 0)
        self.lab = self.open_lab()
        ends |= {self.lab.get(f"/api/runs/{run}")["fingerprint"] for run in runs}
        self.assertEqual(len(ends), 1, "runs of the same data and seed are equal, opened again or not")
        self.assertEqual(self.lab.get(f"/api/runs/{other['id']}")["fingerprint"], other["fingerprint"])
        for path, status in [("/api/runs/nothing", 404), (f"/api/runs/{runs[0]}/steps/51/quantities/layer1.w%5B0%5D", 400)]:
            self.assertEqual(self.lab.request("GET", path)[0], status)


class Frames(LabTest):
    def test_a_state_frame_has_what_changed_and_scalars_have_the_evaluations(self):
        run = self.lab.create(settings=SETTINGS, steps=3000)["id"]
        stream = self.stream()
        stream.send(json.dumps({"watch": run, "views": [], "cursor": 0}))
        self.lab.do(run, "play")
        state, evals, last = {}, [], 0
        for head, arrays in stream.frames():
            if head["kind"] == "state":
                self.assertEqual(head["whole"], not state)
                self.assertNotIn("evals", head["state"])
                self.assertEqual([k for k, v in head["state"].items() if state.get(k, ...) == v], [])
                state.update(head["state"])
            if head["kind"] == "scalars":
                self.assertEqual(head["from"], last + 1)
                self.assertTrue(all(head["from"] <= e["step"] <= head["to"] for e in head["evals"]))
                last = head["to"]
                evals += head["evals"]
            if last == 3000 and state.get("state") == "done":
                break
        whole = self.lab.get(f"/api/runs/{run}")
        self.assertEqual(evals, whole.pop("evals"))
        self.assertGreater(len(evals), 5)
        self.assertEqual(state, whole)

        cursor = evals[3]["step"]  # who was told of it is not told again
        again = self.stream()
        again.send(json.dumps({"watch": run, "views": [], "cursor": cursor}))
        rest = next(head for head, _ in again.frames() if head["kind"] == "scalars")
        self.assertEqual((rest["from"], rest["evals"]), (cursor + 1, evals[4:]))

    def test_the_picture_that_a_list_begins_with_comes_more_often_than_another_of_its_cost(self):
        run = self.lab.create(settings={**SETTINGS, "arch": "dense 256 tanh | dense 256 tanh | dense 2"}, steps=10**7)["id"]
        self.lab.do(run, "play")
        stream, count = self.stream(), {96: 0, 97: 0}
        stream.send(json.dumps({"watch": run, "views": [{"view": "map", "size": 96}, {"view": "map", "size": 97}], "cursor": 10**9}))
        for head, _ in stream.frames():
            if head["kind"] == "view":
                count[head["arrays"][0]["shape"][0]] += 1
            if count[96] == 20:
                break
        self.assertGreater(count[97], 3)
        self.assertLess(count[97], 16)  # ten are expected

    def test_frames_stay_small_while_a_run_grows(self):
        run = self.lab.create(settings={**SETTINGS, "arch": "dense 4 tanh | dense 2"}, steps=10**7)["id"]
        self.lab.do(run, "play")
        stream, largest = self.stream(), 0
        stream.send(json.dumps({"watch": run, "views": [], "cursor": 10**9}))
        for head, _ in stream.frames():
            if head["kind"] == "state" and not head["whole"]:
                largest = max(largest, len(json.dumps(head)))
            if head["step"] > 40000:
                break
        self.assertLess(largest, 4000)
        self.assertLessEqual(len(self.lab.get(f"/api/runs/{run}")["snapshots"]), 402)

    def test_flags_of_a_run_reach_those_who_watch(self):
        run = self.lab.create(settings=SETTINGS, steps=1000)["id"]
        states = self.stream().states(run)
        first = next(states)
        self.assertEqual(first["flags"], [])
        self.lab.do(run, "set", settings={"lr": 0.5})
        state = next(s for s in states if s["flags"])
        flag = {"step": 0, "changes": {"lr": 0.5}, "before": {"lr": first["settings"]["lr"]}}
        self.assertEqual((state["flags"], state["settings"]["lr"]), ([flag], 0.5))
        branch = self.lab.do(run, "branch", settings={"lr": 0.25})["id"]
        state = next(s for s in states if s["branches"])
        self.assertEqual(state["branches"], [{"id": branch, "step": 0, "patch": {"lr": 0.25}}])


class Samples(LabTest):
    def test_the_view_of_a_sample_has_the_numbers_of_its_quantities(self):
        run = self.lab.create(settings={**SETTINGS, "arch": "dense 24 relu | dense 16 tanh | dense 2"}, steps=300)["id"]
        self.lab.do(run, "step", count=20)
        for of, units in [("train/17", 5), ("batch/3", 24), ("valid/2", 1)]:
            stream = self.stream()
            stream.send(json.dumps({"watch": run, "views": [{"view": "sample", "of": of, "units": units}]}))
            head, arrays = next(f for f in stream.frames() if f[0]["kind"] == "view")
            self.assertEqual((head["of"], head["step"]), (of, 20))
            self.assertEqual(set(arrays), {"input", "output", *(f"layer{k}.{q}" for k in (1, 2, 3) for q in ("z", "a", "delta"))})
            self.assertEqual([len(arrays[n]) for n in ("input", "layer1.z", "layer3.delta", "output")],
                             [2, min(units, 24), min(units, 2), 2])
            for name, values in arrays.items():
                for i, value in enumerate(values):
                    self.assertEqual(self.lab.quantity(run, 20, f"{name}[{i}]@{of}")["value"], value, (name, i, of))
            points = self.lab.get(f"/api/runs/{run}/points?x=0&y=1")
            self.assertIn(head["label"], (0, 1))
            if of == "train/17":
                self.assertEqual(head["label"], points["label"][17])
        head = self.error_of(run, {"view": "sample", "of": "train/99999"})
        self.assertIn("no sample", head["error"]["error"])
        self.assertIn("error", self.error_of(run, {"view": "confusion", "split": 5}))

    def error_of(self, run, view):
        stream = self.stream()
        stream.send(json.dumps({"watch": run, "views": [view]}))
        return next(f for f in stream.frames() if f[0]["kind"] == "view")[0]


if __name__ == "__main__":
    unittest.main()
