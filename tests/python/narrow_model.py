"""Makes a model of the right form whose vectors are too short: five words, three numbers each.

    python3 narrow_model.py zen-indexer/tests/fixtures/narrow-model

Its output is kept; needs numpy and onnx.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WORDS = ["[PAD]", "[UNK]", "a", "text", "word"]

TOKENIZER = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [],
    "normalizer": None,
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": None,
    "decoder": None,
    "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {word: place for place, word in enumerate(WORDS)}},
}

if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    table = np.arange(len(WORDS) * 3, dtype=np.float32).reshape(-1, 3)
    shape = ["batch", "tokens"]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, shape) for n in ("input_ids", "attention_mask")]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, 3])
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    graph = helper.make_graph(nodes, "narrow", inputs, [output], [numpy_helper.from_array(table, "table")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="narrow_model")
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, target / "model.onnx")
    files = {
        "tokenizer.json": TOKENIZER,
        "tokenizer_config.json": {"model_max_length": 512, "pad_token": "[PAD]"},
        "config.json": {"pad_token_id": 0, "hidden_size": 3},
    }
    for name, content in files.items():
        (target / name).write_text(json.dumps(content) + "\n", encoding="utf-8")
