//! Queries that are names, and how well a symbol's name fits one.

use serde::Serialize;

/// Longest text that is taken for a name, in bytes.
const MAX_NAME: usize = 200;

/// A query read as a name: `insert`, `HashMap::insert`, `parse_*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameQuery {
    /// What the symbol itself is called; may have `*` and `?`.
    pub(crate) last: String,
    /// What it is in, from the outside in: types, modules, the package.
    pub(crate) around: Vec<String>,
}

/// How well a name fits, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NameFit {
    /// The same.
    Exact,
    /// The same but for case and underscores: `parse_json`, `parseJson`.
    Spelling,
    /// It begins so.
    Prefix,
    /// It fits the `*` and `?` of the query.
    Wildcard,
    /// It has it somewhere.
    Part,
}

impl NameQuery {
    /// Reads a query; `None` where it is no name but words.
    pub(crate) fn read(query: &str) -> Option<Self> {
        // As code has it: a call, a macro, a reference.
        let query = bare(query.trim().trim_start_matches(['&', '@', '#']));
        let query = query.trim_end_matches(['!', ';', ':', '.']);
        if query.is_empty() || query.len() > MAX_NAME || query.contains(char::is_whitespace) {
            return None;
        }
        let mut parts = path(query);
        let last = parts.pop()?;
        let is_of_names = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '?' | '*' | '-' | '\'');
        let fits = |part: &String| part.chars().all(is_of_names) && part.chars().any(char::is_alphanumeric);
        (fits(&last) && parts.iter().all(fits)).then_some(Self { last, around: parts })
    }

    /// Whether it has `*` or `?`. A `?` at the end belongs to names of Ruby and Elixir.
    pub(crate) fn is_pattern(&self) -> bool {
        self.last.contains('*') || self.last.trim_end_matches('?').contains('?')
    }

    /// How well a symbol's name fits.
    pub(crate) fn fit(&self, name: &str) -> Option<NameFit> {
        if name == self.last {
            return Some(NameFit::Exact);
        }
        if self.is_pattern() {
            let (pattern, name): (Vec<char>, Vec<char>) = (folded(&self.last), folded(name));
            return matches(&pattern, &name).then_some(NameFit::Wildcard);
        }
        let (wanted, plain) = (plain(&self.last), plain(name));
        if wanted.is_empty() {
            return None;
        }
        match plain.find(&wanted) {
            Some(0) if plain.len() == wanted.len() => Some(NameFit::Spelling),
            Some(0) => Some(NameFit::Prefix),
            Some(_) => Some(NameFit::Part),
            None => None,
        }
    }

    /// How much of what the query says to be around the symbol is: of the innermost outwards, in the container's path, then
    /// in the file's and the package's name. 1 where the query says nothing.
    pub(crate) fn surroundings(&self, container: Option<&str>, file: &str, package: &str) -> f32 {
        if self.around.is_empty() {
            return 1.0;
        }
        let mut outside: Vec<String> = path(package);
        outside.push(package.to_owned());
        let folders = file.split('/').map(|part| part.split('.').next().unwrap_or(part).to_owned());
        outside.extend(folders);
        let inside = outside.len();
        outside.extend(container.map(path).unwrap_or_default());
        let mut end = outside.len();
        let mut found = 0.0;
        for (depth, wanted) in self.around.iter().rev().enumerate() {
            let wanted = plain(wanted);
            let Some(at) = outside.iter().take(end).rposition(|part| plain(part) == wanted) else { continue };
            // A type of that name directly around it is what is meant; a file is nearly as good.
            let direct = depth == 0 && at + 1 == outside.len() && at >= inside;
            found += if direct || depth > 0 { 1.0 } else { 0.9 };
            end = at;
        }
        // Counted in path parts, of which there are a few.
        found / self.around.len().min(1000) as f32
    }
}

/// The parts of a qualified name, in any language's spelling; generics and parentheses are left out.
pub(crate) fn path(text: &str) -> Vec<String> {
    let text = bare(text).replace("->", ".");
    let parts = text.split([':', '.', '#', '\\', '/']).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// Text without what is in brackets, and without them. The `>` of `->` closes nothing.
fn bare(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' if depth == 0 => bare.push(c),
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    bare
}

/// Small letters without what only separates words.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

fn folded(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// Whether `*` (anything) and `?` (one character) of a pattern can stand for the name: quadratic at worst.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    p = at + 1;
                    n = taken + 1;
                    star = Some((at, n));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::{NameFit, NameQuery, path};

    fn read(query: &str) -> NameQuery {
        NameQuery::read(query).unwrap()
    }

    #[test]
    fn names_are_told_from_words() {
        for words in ["open a connection", "", "  ", "::", "why?!no", "a+b", "\"quoted\"", "x = 1"] {
            assert_eq!(NameQuery::read(words), None, "{words}");
        }
        let parts = |query: &str| {
            let name = read(query);
            name.around.into_iter().chain([name.last]).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(parts("parse_json"), "parse_json");
        assert_eq!(parts("HashMap::insert()"), "HashMap insert");
        assert_eq!(parts("std::collections::HashMap<K, V>::insert").as_str(), "std collections HashMap insert");
        assert_eq!(parts("$this->flush"), "$this flush");
        assert_eq!(parts("App\\Models\\User"), "App Models User");
        assert_eq!(parts("println!"), "println");
        assert_eq!(parts("Array#map"), "Array map");
        assert_eq!(parts("http.Client.Do"), "http Client Do");
        assert!(read("get_*").is_pattern() && !read("empty?").is_pattern());
    }

    #[test]
    fn exact_names_come_before_everything_else() {
        let fit = |query: &str, name: &str| read(query).fit(name);
        assert_eq!(fit("parse_json", "parse_json"), Some(NameFit::Exact));
        assert_eq!(fit("parse_json", "parseJson"), Some(NameFit::Spelling));
        assert_eq!(fit("parse_json", "ParseJSONValue"), Some(NameFit::Prefix));
        assert_eq!(fit("parse_json", "try_parse_json"), Some(NameFit::Part));
        assert_eq!(fit("parse_json", "parse_xml"), None);
        assert_eq!(fit("get_*_mut", "get_unchecked_mut"), Some(NameFit::Wildcard));
        assert_eq!(fit("get_?", "get_x"), None, "a question mark at the end is part of a name");
        assert_eq!(fit("g?t*", "GetAll"), Some(NameFit::Wildcard));
        assert_eq!(fit("a*", "a"), Some(NameFit::Wildcard));
        assert!(NameFit::Exact < NameFit::Spelling && NameFit::Wildcard < NameFit::Part);
    }

    #[test]
    fn what_is_around_counts_from_the_inside() {
        let insert = read("HashMap::insert");
        let of = |container, file| insert.surroundings(container, file, "std");
        assert_eq!(of(Some("HashMap"), "src/map.rs"), 1.0);
        assert_eq!(of(Some("collections::HashMap<K, V>"), "src/map.rs"), 1.0);
        assert!(of(None, "src/hash_map.rs") < 1.0 && of(None, "src/hash_map.rs") > 0.5);
        assert_eq!(of(Some("BTreeMap"), "src/map.rs"), 0.0);
        let spawn = read("tokio::task::spawn");
        assert!(spawn.surroundings(None, "src/task/spawn.rs", "tokio") > 0.9);
        assert!(spawn.surroundings(Some("Builder"), "src/runtime.rs", "tokio") <= 0.5);
        assert_eq!(read("spawn").surroundings(None, "", ""), 1.0);
    }

    #[test]
    fn paths_of_all_languages_have_parts() {
        assert_eq!(path("a::b<c::d>::e"), ["a", "b", "e"]);
        assert_eq!(path("x->y->z"), ["x", "y", "z"]);
        assert_eq!(path("kebab-case.fn-name"), ["kebab-case", "fn-name"]);
        assert!(path("<<<>>>").is_empty() && path("").is_empty());
    }
}
