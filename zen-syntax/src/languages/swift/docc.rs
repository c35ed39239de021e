//! The parts of Swift's documentation comments.

use serde_json::{Map, Value, json};

use crate::comments;

/// Which list item goes under which key.
fn key(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "returns" => "returns",
        "throws" => "throws",
        "note" | "remark" | "important" | "attention" | "tip" => "notes",
        "warning" | "bug" | "precondition" => "warnings",
        "seealso" => "see",
        "since" | "version" => "since",
        "complexity" => "complexity",
        "example" | "experiment" => "examples",
        _ => return None,
    })
}

/// What is open at a line.
enum Open {
    Text,
    Parameters,
    Parameter,
    Section(&'static str),
    Code(Vec<String>),
}

/// `params` (name, text), `returns`, `throws`, `notes`, `warnings`, `see`, `since`, `complexity` and `examples` (code
/// blocks).
pub(super) fn sections(doc: &str) -> Map<String, Value> {
    let mut out: Map<String, Value> = Map::new();
    let mut open = Open::Text;
    for line in doc.lines() {
        let text = line.trim();
        if text.starts_with("```") {
            open = match open {
                Open::Code(mut lines) => {
                    comments::dedent(&mut lines);
                    push(&mut out, "examples", lines.join("\n").into());
                    Open::Text
                }
                _ => Open::Code(Vec::new()),
            };
            continue;
        }
        if let Open::Code(lines) = &mut open {
            lines.push(line.to_owned());
            continue;
        }
        let item = text.strip_prefix(['-', '*', '+']).map(str::trim_start).and_then(|item| item.split_once(':'));
        let is_nested = line.starts_with([' ', '\t']);
        match item {
            Some((word, rest)) if !is_nested || !matches!(open, Open::Parameters | Open::Parameter) => {
                let word = word.trim();
                if word.eq_ignore_ascii_case("parameters") {
                    open = Open::Parameters;
                } else if let Some(name) = strip_word(word, "parameter") {
                    push(&mut out, "params", json!({"name": name, "text": rest.trim()}));
                    open = Open::Parameter;
                } else if let Some(key) = key(word) {
                    open = Open::Section(key);
                    push(&mut out, key, rest.trim().into());
                } else {
                    open = Open::Text;
                }
            }
            Some((name, rest)) => {
                push(&mut out, "params", json!({"name": name.trim().trim_matches('`'), "text": rest.trim()}));
                open = if matches!(open, Open::Parameters) { Open::Parameters } else { Open::Parameter };
            }
            None if text.is_empty() || !is_nested => {
                if !text.is_empty() {
                    open = Open::Text;
                }
            }
            None => match &open {
                Open::Parameters | Open::Parameter => more(&mut out, "params", text),
                Open::Section(key) => more(&mut out, key, text),
                _ => {}
            },
        }
    }
    for key in ["returns", "since", "complexity"] {
        // There is one at most.
        if let Some(Value::Array(list)) = out.remove(key)
            && let Some(first) = list.into_iter().next()
        {
            out.insert(key.into(), first);
        }
    }
    out
}

fn strip_word<'w>(text: &'w str, word: &str) -> Option<&'w str> {
    let (first, rest) = text.split_once(char::is_whitespace)?;
    first.eq_ignore_ascii_case(word).then(|| rest.trim().trim_matches('`'))
}

fn push(out: &mut Map<String, Value>, key: &str, value: Value) {
    if let Value::Array(list) = out.entry(key).or_insert_with(|| json!([])) {
        list.push(value);
    }
}

/// Adds a line to the last entry.
fn more(out: &mut Map<String, Value>, key: &str, text: &str) {
    let Some(last) = out.get_mut(key).and_then(Value::as_array_mut).and_then(|list| list.last_mut()) else { return };
    let last = if last.is_object() { &mut last["text"] } else { last };
    let known = last.as_str().unwrap_or_default();
    *last = format!("{known} {text}").trim().into();
}

#[cfg(test)]
mod tests {
    use super::sections;

    #[test]
    fn parts() {
        let doc = "Adds.\n\n- Parameters:\n  - a: one,\n    on two lines\n  - b: two\n- Returns: it\n- Throws: `E`\n- Parameter c: three\n\n```swift\n  add()\n```";
        assert_eq!(
            serde_json::to_value(sections(doc)).unwrap(),
            serde_json::json!({
                "params": [
                    {"name": "a", "text": "one, on two lines"}, {"name": "b", "text": "two"}, {"name": "c", "text": "three"},
                ],
                "returns": "it", "throws": ["`E`"], "examples": ["add()"],
            })
        );
        assert!(sections("```\nnever closed").is_empty());
    }
}
