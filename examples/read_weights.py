"""Reads what `limn export RUN --format safetensors FILE` wrote, and answers for a table, in plain Python.

    read_weights.py FILE TABLE.csv      one answer a row: class and probability, or the number

Nothing of limn is used: it shows how any program can take a trained network over.
"""
import array
import csv
import json
import math
import sys


def read(path):
    """Tensors by name, as (shape, numbers), and the metadata."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        numbers = array.array("f", data[begin:end])
        if sys.byteorder == "big":
            numbers.byteswap()
        tensors[name] = (entry["shape"], numbers)
    return tensors, metadata


def encode(row, preprocessing):
    """A row of text, {column: cell}, as the numbers that the network takes."""
    x = []
    for column in preprocessing["columns"]:
        cell = row.get(column["name"], "")
        if "categories" in column:
            x += [1.0 if cell == category else 0.0 for category in column["categories"]]
        else:
            x.append((float(cell) - column["mean"]) / column["deviation"] if cell else 0.0)
    return x


ACTIVATIONS = {"linear": lambda v: v, "relu": lambda v: max(v, 0.0), "tanh": math.tanh,
               "sigmoid": lambda v: 1 / (1 + math.exp(-v)), "gelu": lambda v: v * (1 + math.erf(v / math.sqrt(2))) / 2}


def forward(x, tensors, architecture):
    """The numbers that the last layer gives, before softmax or sigmoid makes probabilities of them."""
    layers = [layer.split() for layer in architecture.split("|")]
    dense = [words for words in layers if words[0] == "dense"]  # dropout does nothing once a network is trained
    for number, words in enumerate(dense, 1):
        (inputs, units), w = tensors[f"layer{number}.w"]
        _, b = tensors[f"layer{number}.b"]
        assert inputs == len(x)
        x = [b[j] + sum(x[i] * w[i * units + j] for i in range(inputs)) for j in range(units)]
        activation = words[2] if len(words) > 2 else "linear"
        if number < len(dense) or activation not in ("softmax", "sigmoid"):
            x = [ACTIVATIONS[activation](v) for v in x]
    return x


def answer(outputs, preprocessing):
    """(class, probability) of a network trained with cross-entropy, or the number in its own unit."""
    if "classes" not in preprocessing:
        return outputs[0] * preprocessing["target_deviation"] + preprocessing["target_mean"]
    if len(outputs) == 1:
        outputs = [0.0, outputs[0]]  # the logistic function is the softmax of 0 and z
    top = max(outputs)
    p = [math.exp(z - top) for z in outputs]
    best = p.index(max(p))
    return preprocessing["classes"][best], p[best] / sum(p)


if __name__ == "__main__":
    weights, about = read(sys.argv[1])
    preparation = json.loads(about["preprocessing"])
    with open(sys.argv[2], newline="") as table:
        for line in csv.DictReader(table):
            print(answer(forward(encode(line, preparation), weights, about["architecture"]), preparation))
