"""Writes what sentence-transformers says of some texts: the judge of zen-indexer's vectors.

    python3 reference_vectors.py MODEL_DIR > zen-indexer/tests/fixtures/all-minilm-l6-v2.json

Needs sentence-transformers, and with it torch: run by hand, its output is kept.
"""

import json
import sys

import sentence_transformers
from sentence_transformers import SentenceTransformer

PARAGRAPH = (
    "A snapshot names the state of a lake at one moment. Readers pin one and see nothing newer; writers prepare files "
    "beside it, then append one row to the catalog, which makes their work visible at once or not at all. Files that no "
    "snapshot names any more are deleted later, when nobody can still be reading them. "
)

TEXTS = [
    "",
    "a",
    "how to spawn a background task",
    "fn tokio::spawn\npub fn spawn<F>(future: F) -> JoinHandle<F::Output>\nSpawns a new asynchronous task.",
    "struct HashMap<K, V, S = RandomState>\nA hash map with quadratic probing and SIMD lookup.",
    "def read_csv(filepath_or_buffer: str | PathLike, *, sep: str = ',', header: int | None = 0) -> DataFrame: ...",
    "SELECT name, kind FROM zen.api_symbols WHERE package = 'tokio' ORDER BY name LIMIT 10;",
    "Grüße aus Köln: naïve façade, Ångström, İstanbul, ǆ",
    "日本語のテキスト、中文文本, 한국어, العربية, עברית",
    "emoji 🦆🦀 and zero width\u200bspace, combining e\u0301, control \u0007, tab\tand\r\nline end",
    "[CLS] special [SEP] tokens [PAD] in [MASK] text [UNK]",
    "x" * 150 + " a word that is too long for the vocabulary " + "unhappiness" * 30,
    "Guide > Transactions > Snapshots\n" + PARAGRAPH,
    # Longer than what the model reads.
    PARAGRAPH * 8,
    "word " * 600,
]

if __name__ == "__main__":
    model = SentenceTransformer(sys.argv[1], device="cpu")
    vectors = model.encode(TEXTS, normalize_embeddings=True)
    pairs = [{"text": text, "vector": [round(float(x), 6) for x in v]} for text, v in zip(TEXTS, vectors)]
    made_with = f"sentence-transformers {sentence_transformers.__version__}, {model.max_seq_length} tokens"
    json.dump({"made_with": made_with, "pairs": pairs}, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()
