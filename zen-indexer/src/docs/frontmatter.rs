//! The metadata that site generators keep at the head of a page.

/// How far the end of a front matter is looked for.
const MAX_LINES: usize = 400;

/// Finds front matter (`---` YAML or `+++` TOML) at the start of a text: its title and where the text after it begins.
pub(super) fn front_matter(text: &str) -> Option<(Option<String>, usize)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next()?;
    let (is_toml, ends): (bool, &[&str]) = match first.trim_end() {
        "---" => (false, &["---", "..."]),
        "+++" => (true, &["+++"]),
        _ => return None,
    };
    let mut offset = first.len();
    let mut title = None;
    let mut is_first = true;
    for line in lines.take(MAX_LINES) {
        offset += line.len();
        let content = line.trim_end();
        if ends.contains(&content) {
            return Some((title, offset));
        }
        if is_first && !content.trim().is_empty() {
            // A rule followed by text looks the same up to here.
            if !looks_like_key(content, is_toml) {
                return None;
            }
            is_first = false;
        }
        if title.is_none() {
            title = title_of(content, is_toml);
        }
    }
    None
}

fn looks_like_key(line: &str, is_toml: bool) -> bool {
    if line.starts_with('#') || (is_toml && line.starts_with('[')) {
        return true;
    }
    let Some((key, _)) = line.split_once(if is_toml { '=' } else { ':' }) else {
        return false;
    };
    let key = key.trim();
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-.\"'".contains(c))
}

fn title_of(line: &str, is_toml: bool) -> Option<String> {
    let rest = line.strip_prefix("title")?.trim_start();
    let value = rest.strip_prefix(if is_toml { '=' } else { ':' })?.trim();
    let value = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote).and_then(|value| value.strip_suffix(*quote)))
        .unwrap_or(value);
    (!value.is_empty() && !value.starts_with(['|', '>'])).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_toml_are_found() {
        let text = "---\nid: a\ntitle: \"The guide\"\n---\nBody";
        assert_eq!(front_matter(text), Some((Some("The guide".into()), text.len() - 4)));
        let text = "+++\ntitle = 'T'\n+++\nBody";
        assert_eq!(front_matter(text), Some((Some("T".into()), text.len() - 4)));
    }

    #[test]
    fn rules_are_no_front_matter() {
        assert_eq!(front_matter("---\n\nJust text here\n---\n"), None);
        assert_eq!(front_matter("---\na: b\nno end"), None);
        assert_eq!(front_matter("# Title\n"), None);
    }
}
