"""Makes an ONNX file, as fastembed reads it, from the safetensors of a BERT encoder.

    python3 export_model.py MODEL_DIR OUT_DIR

MODEL_DIR is a folder as sentence-transformers keeps it; OUT_DIR gets model.onnx and the tokenizer's files. Needs numpy,
onnx and safetensors; neither torch nor transformers.

The model takes input_ids, attention_mask and token_type_ids (int64, batch x tokens) and gives last_hidden_state (float,
batch x tokens x width): pooling and normalising are left to who runs it.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
TOKENIZER = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


class Graph:
    """Nodes and constants, each value called by a name."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.constants = {}

    def constant(self, name, value):
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        return name

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def ints(self, *values):
        return self.constant("ints_" + "_".join(map(str, values)), np.array(values, np.int64))

    def float(self, value):
        return self.constant(f"float_{value!r}", np.array(value, np.float32))

    def node(self, operator, *inputs, **attributes):
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=f"node_{output}", **attributes))
        return output

    def norm(self, x, name, epsilon):
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", x, scale, bias, axis=-1, epsilon=epsilon)

    def linear(self, x, name):
        # Transposed here once instead of at every run.
        weight = self.constant(f"{name}.weight_t", self.weights[f"{name}.weight"].T)
        return self.node("Add", self.node("MatMul", x, weight), self.weight(f"{name}.bias"))

    def gelu(self, x):
        erf = self.node("Erf", self.node("Div", x, self.float(float(np.sqrt(2.0)))))
        doubled = self.node("Mul", x, self.node("Add", erf, self.float(1.0)))
        return self.node("Mul", doubled, self.float(0.5))


def embeddings(graph, epsilon):
    """What each token, its place and its segment add up to."""
    word = graph.node("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    segment = graph.node("Gather", graph.weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
    length = graph.node("Slice", graph.node("Shape", "input_ids"), graph.ints(1), graph.ints(2))
    places = graph.weight("embeddings.position_embeddings.weight")
    places = graph.node("Slice", places, graph.ints(0), length, graph.ints(0))
    total = graph.node("Add", graph.node("Add", word, segment), places)
    return graph.norm(total, "embeddings.LayerNorm", epsilon)


def mask(graph):
    """Nothing for a token, a very negative number for padding, shaped to be added to attention scores."""
    real = graph.node("Unsqueeze", graph.node("Cast", "attention_mask", to=TensorProto.FLOAT), graph.ints(1, 2))
    return graph.node("Mul", graph.node("Sub", graph.float(1.0), real), graph.float(-1e9))


def layer(graph, x, padding, name, config):
    """Self-attention and the feed-forward part, each with its residual and norm."""
    heads, epsilon = config["num_attention_heads"], config["layer_norm_eps"]
    size = config["hidden_size"] // heads

    def split(part, order):
        # 0 keeps a dimension as it is.
        parts = graph.node("Reshape", graph.linear(x, f"{name}.attention.self.{part}"), graph.ints(0, 0, heads, size))
        return graph.node("Transpose", parts, perm=order)

    query, key, value = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]), split("value", [0, 2, 1, 3])
    scores = graph.node("Div", graph.node("MatMul", query, key), graph.float(float(np.sqrt(size))))
    shares = graph.node("Softmax", graph.node("Add", scores, padding), axis=-1)
    mixed = graph.node("Transpose", graph.node("MatMul", shares, value), perm=[0, 2, 1, 3])
    mixed = graph.node("Reshape", mixed, graph.ints(0, 0, heads * size))
    mixed = graph.linear(mixed, f"{name}.attention.output.dense")
    x = graph.norm(graph.node("Add", mixed, x), f"{name}.attention.output.LayerNorm", epsilon)
    inner = graph.gelu(graph.linear(x, f"{name}.intermediate.dense"))
    outer = graph.node("Add", graph.linear(inner, f"{name}.output.dense"), x)
    return graph.norm(outer, f"{name}.output.LayerNorm", epsilon)


def model(config, weights):
    if config["model_type"] != "bert" or config["hidden_act"] != "gelu":
        raise SystemExit(f"not a BERT encoder with gelu: {config['model_type']}, {config['hidden_act']}")
    graph = Graph(weights)
    x = embeddings(graph, config["layer_norm_eps"])
    padding = mask(graph)
    for number in range(config["num_hidden_layers"]):
        x = layer(graph, x, padding, f"encoder.layer.{number}", config)
    graph.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"], name="node_last"))
    shape = ["batch", "tokens"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in INPUTS]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, config["hidden_size"]])
    whole = helper.make_graph(graph.nodes, "bert", inputs, [output], list(graph.constants.values()))
    made = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="export_model")
    # What every runtime that knows the operators can read.
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made


def export(source, target):
    target.mkdir(parents=True, exist_ok=True)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    made = model(config, load_file(source / "model.safetensors"))
    for name in TOKENIZER:
        shutil.copyfile(source / name, target / name)
    # Whoever finds the model finds it whole.
    with tempfile.NamedTemporaryFile(dir=target, delete=False) as file:
        file.write(made.SerializeToString())
    os.chmod(file.name, 0o644)
    os.replace(file.name, target / "model.onnx")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    export(Path(sys.argv[1]), Path(sys.argv[2]))
