//! Which nodes the patterns of a query start with: a query need not be asked at any other.

use tree_sitter::{Language, Query};

/// By the number of a kind, whether a pattern starts with it. `None` where one pattern starts with something else than one
/// node of a known kind: a wildcard, an alternative, neighbours.
pub(crate) fn of(grammar: &Language, query: &Query, text: &str) -> Option<Vec<bool>> {
    let mut starts = vec![false; grammar.node_kind_count()];
    for pattern in 0..query.pattern_count() {
        let range = query.start_byte_for_pattern(pattern)..query.end_byte_for_pattern(pattern);
        for kind in kinds(text.get(range)?)? {
            let id = grammar.id_for_node_kind(kind, true);
            if id == 0 || grammar.node_kind_is_supertype(id) {
                return None;
            }
            *starts.get_mut(usize::from(id))? = true;
        }
    }
    Some(starts)
}

/// By the number of a kind, whether it is one of these.
pub(crate) fn named(grammar: &Language, kinds: &[&str]) -> Result<Vec<bool>, String> {
    let mut named = vec![false; grammar.node_kind_count()];
    for kind in kinds {
        let id = grammar.id_for_node_kind(kind, true);
        match named.get_mut(usize::from(id)) {
            Some(place) if id != 0 => *place = true,
            _ => return Err(format!("the grammar has no {kind}")),
        }
    }
    Ok(named)
}

/// The kinds of the one node that a pattern is about.
fn kinds(pattern: &str) -> Option<Vec<&str>> {
    let pattern = pattern.trim();
    let end = closing(pattern)?;
    let (node, behind) = (pattern.get(1..end - 1)?.trim_start(), pattern.get(end..)?.trim_start());
    if behind.starts_with(['*', '+', '?']) {
        return None;
    }
    match pattern.chars().next()? {
        '[' => {
            let mut all = Vec::new();
            for part in parts(node)? {
                all.extend(kinds(part)?);
            }
            Some(all)
        }
        // `((kind …) @capture (#eq? …))`
        '(' if node.starts_with(['(', '[']) => {
            let mut of_nodes = parts(node)?.into_iter().filter(|part| !part.starts_with("(#"));
            let kinds = kinds(of_nodes.next()?)?;
            of_nodes.next().is_none().then_some(kinds)
        }
        '(' => {
            let kind = node.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next()?;
            (!matches!(kind, "" | "_" | "ERROR" | "MISSING")).then(|| vec![kind])
        }
        _ => None,
    }
}

/// The bracketed parts of a list with the captures of each. Anything else is not understood.
fn parts(list: &str) -> Option<Vec<&str>> {
    let (mut parts, mut rest) = (Vec::new(), list.trim());
    while !rest.is_empty() {
        let end = closing(rest).filter(|_| rest.starts_with(['(', '[']))?;
        let next = rest.get(end..)?.find(['(', '[']).map_or(rest.len(), |at| end + at);
        let part = rest.get(..next)?.trim();
        if !part.get(end..)?.split_whitespace().all(|word| word.starts_with('@')) {
            return None;
        }
        parts.push(part);
        rest = rest.get(next..)?.trim_start();
    }
    Some(parts)
}

/// Where the bracket that opens a text is closed.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped, mut comment) = (0_usize, false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\n' => comment = false,
            _ if comment => {}
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            ';' => comment = true,
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::kinds;

    #[test]
    fn patterns_start_with_one_node() {
        assert_eq!(kinds("(a name: (b) @name) @definition.function"), Some(vec!["a"]));
        assert_eq!(kinds("((a (b) @name) @definition.function (#eq? @name \"(\"))"), Some(vec!["a"]));
        assert_eq!(kinds("((a) @x (#match? @x \"^(b|c)$\") (#not-eq? @x \"b\"))"), Some(vec!["a"]));
        assert_eq!(kinds("[(a (b)) (c) @y] @x"), Some(vec!["a", "c"]));
        assert_eq!(kinds("([(a) (b)] @x (#eq? @x \"y\"))"), Some(vec!["a", "b"]));
        assert_eq!(kinds("((a) . (b))"), None);
        assert_eq!(kinds("((a) (b))"), None);
        assert_eq!(kinds("(a)* @x"), None);
        assert_eq!(kinds("((a)+ @x)"), None);
        assert_eq!(kinds("[(a) \"b\"] @x"), None);
        assert_eq!(kinds("(_ (a))"), None);
        assert_eq!(kinds("_ @x"), None);
        assert_eq!(kinds(""), None);
    }
}
