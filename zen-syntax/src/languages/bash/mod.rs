//! Bash and its like. Functions, constants (`readonly`, `declare -r`), exported and declared variables, and aliases (as
//! macros). Names with a leading underscore are private. Calls are those of the file's own functions and of names that
//! only functions have (`lib::name`, `_name`): any other word could be a program. Functions within functions are no
//! symbols; what a function makes `readonly`, exports or declares with `-g` is.
//!
//! Metadata: `is_exported`, `attributes` as flags of `declare` (`array`, `associative`, `integer`, …) in `modifiers`,
//! `value`, `parameters` (name, position, default) that a function names at its beginning (`local name=$1`), `deprecated`,
//! `doc_sections` (params, returns, globals, outputs, examples, see) of shdoc's tags and of Google's headings.

mod docs;

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tree_sitter::Node;

use crate::language::Language;
use crate::nodes::{ancestor, children, field, named};
use crate::regroup::{Fate, regroup};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{FileSymbols, Relation, Symbol, SymbolKind, Visibility};

pub(crate) static BASH: Language = Language {
    name: "bash",
    title: "Bash",
    extensions: &["sh", "bash", "bats", "ksh", "zsh"],
    file_names: &[".bashrc", ".bash_profile", ".profile"],
    separator: "::",
    grammar: tree_sitter_bash::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &BashRules,
    compiled: OnceLock::new(),
};

struct BashRules;

/// Parameters are named in a function's first lines, if at all.
const MAX_LOCALS: usize = 24;

impl Rules for BashRules {
    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(definition.name);
        match definition.kind {
            SymbolKind::Macro | SymbolKind::Const if definition.is_far() => None,
            SymbolKind::Macro => text.split_once('=').map(|(name, _)| name.trim_matches(['"', '\'']).to_owned()),
            _ => Some(text.to_owned()),
        }
    }

    fn doc_text(&self, comment: &str) -> Option<String> {
        docs::text_in(comment)
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        match definition.kind {
            SymbolKind::Function => {
                let end = definition.body.map_or(node.end_byte(), |body| body.start_byte());
                one_line(file.text.get(node.start_byte()..end).unwrap_or_default())
            }
            // One of several in a declaration.
            SymbolKind::Const => {
                let mut words: Vec<&str> = keyword(node).into_iter().chain(flags(node, file)).collect();
                let of = definition.name.parent().filter(|parent| parent.kind() == "variable_assignment");
                words.push(file.text(of.unwrap_or(definition.name)));
                one_line(&words.join(" "))
            }
            _ => one_line(&format!("alias {}", file.text(definition.name))),
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        let is_local = ancestor(node, &["function_definition"]).is_some();
        symbol.container = None;
        if symbol.name.starts_with('_') {
            symbol.visibility = Visibility::Private;
        }
        let keep = match definition.kind {
            SymbolKind::Const => describe_variable(definition, is_local, file, symbol),
            SymbolKind::Macro => {
                let value = file.text(definition.name).split_once('=').map_or("", |(_, value)| value);
                symbol.metadata.insert("value".into(), unquoted(value).into());
                !is_local
            }
            _ => {
                let parameters = parameters(node, file);
                if !parameters.is_empty() {
                    symbol.metadata.insert("parameters".into(), parameters.into());
                }
                !is_local
            }
        };
        docs::describe(symbol);
        keep
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        Some(if relation == Relation::Imports { unquoted(text).to_owned() } else { text.to_owned() })
    }

    fn finish(&self, file: &File<'_>, found: &mut FileSymbols) {
        let functions: HashSet<&str> = found
            .symbols
            .iter()
            .filter(|symbol| symbol.kind == SymbolKind::Function)
            .map(|symbol| symbol.name.as_str())
            .collect();
        found.references.retain(|reference| {
            let name = reference.to_name.as_str();
            reference.relation != Relation::Calls
                || functions.contains(name)
                || name.contains("::")
                || (name.starts_with('_') && name.len() > 1)
        });
        mark_exported(file, found);
        merge(found);
    }
}

/// `readonly`, `declare`, `export`, `local`, `typeset`.
fn keyword(declaration: Node<'_>) -> Option<&str> {
    children(declaration).next().map(|word| word.kind())
}

/// `-r`, `-gA`, ….
fn flags<'t>(declaration: Node<'_>, file: &File<'t>) -> Vec<&'t str> {
    let words = named(declaration).take_while(|word| word.kind() == "word").map(|word| file.text(word));
    words.filter(|word| word.starts_with('-')).collect()
}

/// Text without the quotes around it.
fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

fn describe_variable(definition: &Definition<'_>, is_local: bool, file: &File<'_>, symbol: &mut Symbol) -> bool {
    let node = definition.node;
    let keyword = keyword(node).unwrap_or_default();
    let flags = flags(node, file);
    let has = |flag: char| flags.iter().any(|word| word.contains(flag));
    if has('f') || has('F') || has('p') || has('n') && keyword == "export" {
        return false;
    }
    let is_declaring = matches!(keyword, "declare" | "typeset");
    // Within a function only these reach outside.
    if keyword == "local" || (is_local && is_declaring && !has('g')) || matches!(keyword, "unset" | "") {
        return false;
    }
    let is_const = keyword == "readonly" || has('r');
    symbol.kind = if is_const { SymbolKind::Const } else { SymbolKind::Static };
    let modifiers: Vec<Value> =
        [('a', "array"), ('A', "associative"), ('i', "integer"), ('l', "lower"), ('u', "upper")]
            .into_iter()
            .filter(|(flag, _)| has(*flag))
            .map(|(_, name)| name.into())
            .collect();
    if !modifiers.is_empty() {
        symbol.metadata.insert("modifiers".into(), modifiers.into());
    }
    if keyword == "export" || has('x') {
        symbol.metadata.insert("is_exported".into(), true.into());
        symbol.visibility = Visibility::Public;
    }
    let assignment = definition.name.parent().filter(|parent| parent.kind() == "variable_assignment");
    if let Some(value) = assignment.and_then(|assignment| field(assignment, "value")) {
        symbol.metadata.insert("value".into(), one_line(file.text(value)).into());
    }
    // `export NAME` alone sets nothing, but it is said of a variable of this file or of the environment.
    true
}

/// What a function calls its parameters: `local name="$1"`, `local name=${2:-default}`.
fn parameters(function: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut rows = Vec::new();
    let body = field(function, "body").into_iter().flat_map(|body| named(body)).take(MAX_LOCALS);
    for declaration in body {
        let assignments: Vec<Node<'_>> = match declaration.kind() {
            "declaration_command" => named(declaration).filter(|node| node.kind() == "variable_assignment").collect(),
            "variable_assignment" => vec![declaration],
            _ => Vec::new(),
        };
        for assignment in assignments {
            let (Some(name), Some(value)) = (field(assignment, "name"), field(assignment, "value")) else { continue };
            let value = unquoted(file.text(value));
            let inner =
                value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or_else(|| value.strip_prefix('$'));
            let Some(inner) = inner else { continue };
            let digits = inner.trim_start_matches(|c: char| c.is_ascii_digit());
            let Ok(position) = inner[..inner.len() - digits.len()].parse::<u32>() else { continue };
            let mut row = json!({"name": file.text(name), "position": position});
            if let Some(default) = digits.strip_prefix(":-").or_else(|| digits.strip_prefix('-')) {
                row["default"] = default.into();
            } else if !digits.is_empty() && !digits.starts_with([':', '?']) {
                continue;
            }
            if position > 0 {
                rows.push(row);
            }
        }
    }
    rows
}

/// `export -f name` and `declare -fx name`.
fn mark_exported(file: &File<'_>, found: &mut FileSymbols) {
    let mut exported = HashSet::new();
    for declaration in named(file.root).filter(|node| node.kind() == "declaration_command") {
        let flags = flags(declaration, file);
        let is_export = keyword(declaration) == Some("export") || flags.iter().any(|word| word.contains('x'));
        if is_export && flags.iter().any(|word| word.contains('f')) {
            exported.extend(
                named(declaration).filter(|n| n.kind() == "variable_name" || n.kind() == "word").map(|n| file.text(n)),
            );
        }
    }
    for symbol in &mut found.symbols {
        if symbol.kind == SymbolKind::Function && exported.contains(symbol.name.as_str()) {
            symbol.metadata.insert("is_exported".into(), true.into());
            symbol.visibility = Visibility::Public;
        }
    }
}

/// A variable that is declared and exported, or set again, is one symbol.
fn merge(found: &mut FileSymbols) {
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut fates = Vec::with_capacity(found.symbols.len());
    for at in 0..found.symbols.len() {
        let Some(symbol) = found.symbols.get(at) else { continue };
        if !matches!(symbol.kind, SymbolKind::Const | SymbolKind::Static) {
            fates.push(Fate::Keep);
            continue;
        }
        let known = *first.entry(symbol.name.clone()).or_insert(at);
        if known == at {
            fates.push(Fate::Keep);
            continue;
        }
        fates.push(Fate::Into(known));
        let (kind, metadata) = (symbol.kind, symbol.metadata.clone());
        let Some(kept) = found.symbols.get_mut(known) else { continue };
        if kind == SymbolKind::Const {
            kept.kind = kind;
        }
        for (key, value) in metadata {
            kept.metadata.entry(key).or_insert(value);
        }
    }
    regroup(found, &fates);
}
