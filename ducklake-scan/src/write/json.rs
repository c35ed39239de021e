//! What DuckDB takes as JSON: the standard's, and besides it `NaN`, infinities and commas behind the last element.

use serde::de::IgnoredAny;

/// Whether a text may be stored in a JSON column.
pub(super) fn is_json(text: &str) -> bool {
    let is_standard = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    is_standard(text) || is_standard(&standard(text))
}

/// The text without what DuckDB allows beyond the standard.
fn standard(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '"' => string_length(rest),
            ',' if rest[1..].trim_start().starts_with([']', '}']) && !out.trim_end().ends_with(['[', '{', ',']) => {
                rest = &rest[1..];
                continue;
            }
            _ if c.is_ascii_alphabetic() || c == '-' => {
                let sign = usize::from(c == '-');
                let word = rest[sign..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |end| sign + end);
                let number = rest[sign..word].to_ascii_lowercase();
                if matches!(number.as_str(), "nan" | "inf" | "infinity") {
                    out.push('0');
                    rest = &rest[word..];
                    continue;
                }
                word.max(1)
            }
            _ => c.len_utf8(),
        };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out
}

/// Bytes of the string at the start, with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As DuckDB 1.5.5 answers.
    #[test]
    fn json_is_what_duckdb_takes() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let nested = r#"{"a": [1, {"b,]": null}], "é": "x\"y"}"#;
        for text in [nested, "1", " \"x\" ", "{\"a\":1,}", "NaN", "inf", "-Infinity", "[nan]", "[1, ]", &deep] {
            assert!(is_json(text), "{text}");
        }
        for text in ["", " ", "{a}", "[1,2", "1 2", "'x'", "01", "\"\t\"", "[,]", "nano", "\"", "-", "[1,,]", "é"] {
            assert!(!is_json(text), "{text}");
        }
    }
}
