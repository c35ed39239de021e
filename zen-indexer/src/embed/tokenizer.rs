//! The tokenizer, as it loads quickest.
//!
//! By itself the library reads the vocabulary, which is most of the file, as a tree of any JSON, twice, and copies what it
//! made of it. Here the vocabulary is read once, into what it becomes, and the library gets the rest.

use std::fs;
use std::path::Path;

use fastembed::TokenizerFiles;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokenizers::Model;
use tokenizers::models::wordpiece::WordPiece;

use super::EmbedError;
use super::model::ModelFiles;

/// How texts become tokens.
pub(super) struct Tokenizing {
    /// What the library reads.
    pub(super) files: TokenizerFiles,
    /// What takes the place of the tokenizer's model then; `None` where the library has read it.
    pub(super) words: Option<WordPiece>,
}

/// `tokenizer.json` of models that divide words into pieces.
#[derive(Deserialize)]
struct Parts {
    model: WordPiece,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Reads the files that say how texts become tokens.
pub(super) fn read_tokenizer(files: &ModelFiles) -> Result<Tokenizing, EmbedError> {
    let mut files = TokenizerFiles {
        tokenizer_file: read(&files.tokenizer)?,
        config_file: read(&files.config)?,
        tokenizer_config_file: read(&files.tokenizer_config)?,
        // Newer exports have none: what it says is in tokenizer.json too.
        special_tokens_map_file: files.special_tokens.as_deref().map_or_else(|| Ok(b"{}".to_vec()), read)?,
    };
    // Whatever is unusual about the files is left to the library, and so is what is wrong with them.
    let apart = apart(&files);
    let words = apart.map(|(rest, words)| {
        files.tokenizer_file = rest;
        words
    });
    Ok(Tokenizing { files, words })
}

/// `tokenizer.json` without its vocabulary, but for the tokens that the files name, and the vocabulary.
fn apart(files: &TokenizerFiles) -> Option<(Vec<u8>, WordPiece)> {
    let Parts { model, mut rest } = serde_json::from_slice(&files.tokenizer_file).ok()?;
    let specials: Map<String, Value> = serde_json::from_slice(&files.special_tokens_map_file).ok()?;
    let config: Value = serde_json::from_slice(&files.tokenizer_config_file).ok()?;
    let mut named: Vec<&Value> = rest.get("added_tokens")?.as_array()?.iter().collect();
    named.extend(specials.values());
    named.push(&config["pad_token"]);
    let unknown = Value::from(model.unk_token.as_str());
    named.push(&unknown);
    let mut vocabulary = Map::new();
    for token in named {
        let content = token.as_str().or_else(|| token["content"].as_str())?;
        // One that the vocabulary does not have would get its number from the size of that.
        vocabulary.insert(content.to_owned(), model.token_to_id(content)?.into());
    }
    let stub = json!({
        "type": "WordPiece",
        "unk_token": model.unk_token,
        "continuing_subword_prefix": model.continuing_subword_prefix,
        "max_input_chars_per_word": model.max_input_chars_per_word,
        "vocab": vocabulary,
    });
    rest.insert("model".to_owned(), stub);
    Some((serde_json::to_vec(&rest).ok()?, model))
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, EmbedError> {
    fs::read(path).map_err(|source| EmbedError::ReadModel { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use tokenizers::Tokenizer;

    use super::*;

    fn file(added: &Value, model: &Value) -> TokenizerFiles {
        let of = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
            "normalizer": {
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                "lowercase": true
            },
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [7], "tokens": ["[CLS]"]}}
            },
            "decoder": null, "model": model
        });
        TokenizerFiles {
            tokenizer_file: serde_json::to_vec(&of).unwrap(),
            config_file: b"{}".to_vec(),
            special_tokens_map_file: br#"{"unk_token": "[UNK]", "cls_token": {"content": "[CLS]"}}"#.to_vec(),
            tokenizer_config_file: br#"{"pad_token": "[PAD]"}"#.to_vec(),
        }
    }

    fn special(content: &str, id: u32) -> Value {
        json!({
            "id": id, "content": content, "special": true, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false
        })
    }

    fn pieces() -> Value {
        json!({
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 10,
            "vocab": {"[UNK]": 3, "[CLS]": 7, "spawn": 1, "##ing": 2, "cafe": 4, "[PAD]": 0, "水": 5, ".": 6, "\"": 8}
        })
    }

    #[test]
    fn what_is_read_apart_says_the_same() {
        let whole = file(&json!([special("[UNK]", 3), special("[CLS]", 7)]), &pieces());
        let (rest, words) = apart(&whole).unwrap();
        let expected = Tokenizer::from_bytes(&whole.tokenizer_file).unwrap();
        let mut tokenizer = Tokenizer::from_bytes(&rest).unwrap();
        tokenizer.with_model(words);
        for text in ["", "Spawning", "spawn ing.", "Café [CLS] 水水", "spawningspawningspawning", "[UNK]\"x\u{0}"] {
            let of = |tokenizer: &Tokenizer| {
                let found = tokenizer.encode(text, true).unwrap();
                (found.get_ids().to_vec(), found.get_type_ids().to_vec(), found.get_attention_mask().to_vec())
            };
            assert_eq!(of(&tokenizer), of(&expected), "{text}");
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_the_library() {
        // A token that is not in the vocabulary, a model of another kind, no tokenizer.
        assert!(apart(&file(&json!([special("[NEW]", 9)]), &pieces())).is_none());
        let levels = json!({"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"});
        assert!(apart(&file(&json!([]), &levels)).is_none());
        let usual = file(&json!([special("[CLS]", 7)]), &pieces());
        assert!(apart(&usual).is_some());
        let pad = br#"{"pad_token": "<pad>"}"#.to_vec();
        assert!(apart(&TokenizerFiles { tokenizer_config_file: pad, ..usual.clone() }).is_none());
        let more = br#"{"mask_token": "[MASK]"}"#.to_vec();
        assert!(apart(&TokenizerFiles { special_tokens_map_file: more, ..usual.clone() }).is_none());
        for wrong in ["", "[]", "{}"] {
            assert!(apart(&TokenizerFiles { tokenizer_file: wrong.into(), ..usual.clone() }).is_none());
        }
    }
}
