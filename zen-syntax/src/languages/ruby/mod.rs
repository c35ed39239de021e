//! Ruby. Visibility comes from `private` and its kin, as sections, with names and in front of `def`; public names that
//! `@api private`, `@private` or `:nodoc:` keep out of the documentation are internal. `initialize` counts as public: it
//! is what `new` takes. Accessors are methods. Constants that hold `Struct.new`, `Data.define`, `Class.new` and
//! `Module.new` are structs, classes and modules.
//!
//! Metadata: `parameters` (name, kind, default), `modifiers` (`static` for methods of the class itself,
//! `module_function`), `is_constructor`, `is_accessor` with `access` (read, write, read_write), `alias_of`,
//! `is_delegated`, `receiver`, `base_classes`, `implements` (what is included, extended or prepended), `fields` of structs,
//! `value` of constants, `deprecated`, `doc_sections` (params, options, yields, returns, throws, examples, see, since).

mod docs;
mod visibility;

use std::sync::OnceLock;

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use crate::comments;
use crate::language::Language;
use crate::nodes::{ancestor, child, compact, field, named};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{FileSymbols, Relation, Symbol, SymbolKind, Visibility};

pub(crate) static RUBY: Language = Language {
    name: "ruby",
    title: "Ruby",
    extensions: &["rb", "rake", "gemspec", "ru"],
    file_names: &["Rakefile", "Gemfile"],
    separator: "::",
    grammar: tree_sitter_ruby::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &RubyRules,
    compiled: OnceLock::new(),
};

struct RubyRules;

/// `private memoize def x`: more wrappers are not looked through.
const MAX_WRAPPERS: usize = 4;

impl Rules for RubyRules {
    /// `private def x` begins with `private`.
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        let mut at = definition.node;
        if !matches!(at.kind(), "method" | "singleton_method" | "call") {
            return at;
        }
        for _ in 0..MAX_WRAPPERS {
            let Some(list) = at.parent().filter(|node| node.kind() == "argument_list") else { break };
            let Some(call) = list.parent().filter(|node| node.kind() == "call") else { break };
            at = call;
        }
        at
    }

    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(definition.name);
        if definition.is_far() {
            return None;
        }
        if definition.node.kind() != "call" {
            return Some(compact(text.trim_start_matches(':')));
        }
        let name = literal(text);
        let nth =
            named(definition.name.parent()?).take(2).position(|argument| argument == definition.name).unwrap_or(2);
        match maker(definition.node, file) {
            "alias_method" | "define_method" | "define_singleton_method" if nth > 0 => None,
            "def_delegators" if nth == 0 => None,
            "def_delegator" if nth == 0 => None,
            // The third argument is the name, where there is one.
            "def_delegator" if nth == 1 && definition.name.next_named_sibling().is_some() => None,
            "attr_writer" | "cattr_writer" | "mattr_writer" => Some(format!("{name}=")),
            _ => Some(name.to_owned()),
        }
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let mut below = self.outer(definition);
        if let Some(sig) = type_signature(below, file) {
            below = sig;
        }
        // Comments before the first statement of a body stand before the body.
        if below.prev_sibling().is_none()
            && let Some(body) =
                below.parent().filter(|node| node.kind().starts_with("bod") || node.kind() == "block_body")
        {
            below = body;
        }
        comments::above(below, file.text, docs::text_in, |_| false)
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        let until = |end: Node<'_>| one_line(file.text.get(node.start_byte()..end.end_byte()).unwrap_or_default());
        match node.kind() {
            "method" | "singleton_method" => until(field(node, "parameters").unwrap_or(definition.name)),
            "class" => until(field(node, "superclass").unwrap_or(definition.name)),
            "module" => until(definition.name),
            "assignment" if definition.name.parent() == Some(node) => match field(node, "right") {
                Some(right) if right.kind() == "call" => match field(right, "block") {
                    Some(_) => until(field(right, "arguments").or_else(|| field(right, "method")).unwrap_or(right)),
                    None => one_line(file.text(node)),
                },
                _ => one_line(file.text(node)),
            },
            "assignment" => file.text(definition.name).to_owned(),
            "call" => call_signature(definition, file),
            _ => one_line(file.text(node)),
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        docs::describe(node, file, symbol);
        match node.kind() {
            "class" => describe_class(node, file, symbol),
            "module" => {}
            "assignment" => describe_constant(definition, file, symbol),
            "operator_assignment" => {}
            _ => {
                if ancestor(node, &["method", "singleton_method"]).is_some() {
                    return false;
                }
                if symbol.container.is_none() {
                    symbol.kind = SymbolKind::Function;
                }
                describe_method(node, file, symbol);
            }
        }
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        match relation {
            Relation::Calls => called(name, text, file),
            // `class Point < Struct.new(:x)`
            Relation::Extends if name.kind() == "call" => field(name, "receiver").map(|of| compact(file.text(of))),
            _ => Some(compact(text)),
        }
    }

    fn finish(&self, file: &File<'_>, symbols: &mut FileSymbols) {
        visibility::apply(file, symbols);
    }
}

/// Calls that declare something, or are the language's own statements.
const STATEMENTS: [&str; 37] = [
    "alias_method",
    "attr",
    "attr_accessor",
    "attr_reader",
    "attr_writer",
    "autoload",
    "binding",
    "block_given?",
    "cattr_accessor",
    "cattr_reader",
    "cattr_writer",
    "class_attribute",
    "def_delegator",
    "def_delegators",
    "define_method",
    "define_singleton_method",
    "delegate",
    "extend",
    "include",
    "lambda",
    "load",
    "loop",
    "mattr_accessor",
    "mattr_reader",
    "mattr_writer",
    "module_function",
    "prepend",
    "private",
    "private_class_method",
    "private_constant",
    "protected",
    "public",
    "public_class_method",
    "raise",
    "require",
    "require_relative",
    "sig",
];

/// What is called: with its receiver where that is a plain name, alone where the receiver is an expression.
fn called(name: Node<'_>, text: &str, file: &File<'_>) -> Option<String> {
    let call = name.parent()?;
    let Some(receiver) = field(call, "receiver") else {
        return (!STATEMENTS.contains(&text)).then(|| text.to_owned());
    };
    let is_plain = matches!(
        receiver.kind(),
        "constant" | "scope_resolution" | "identifier" | "self" | "instance_variable" | "class_variable" | "super"
    );
    Some(if is_plain { format!("{}.{text}", compact(file.text(receiver))) } else { text.to_owned() })
}

/// The method that a declaring call calls: `attr_reader`, ….
fn maker<'t>(call: Node<'_>, file: &File<'t>) -> &'t str {
    field(call, "method").map_or("", |method| file.text(method))
}

/// A symbol's or string's text.
fn literal(text: &str) -> &str {
    text.trim_start_matches(':').trim_matches(['"', '\''])
}

/// Sorbet's `sig { … }` right above.
fn type_signature<'t>(node: Node<'t>, file: &File<'_>) -> Option<Node<'t>> {
    node.prev_sibling().filter(|before| before.kind() == "call" && maker(*before, file) == "sig")
}

fn call_signature(definition: &Definition<'_>, file: &File<'_>) -> String {
    let node = definition.node;
    let maker = maker(node, file);
    let name = literal(file.text(definition.name));
    match maker {
        "alias_method" => one_line(file.text(node)),
        "define_method" | "define_singleton_method" => {
            let parameters = field(node, "block").and_then(|block| field(block, "parameters"));
            let parameters = parameters.map_or_else(String::new, |list| format!(" {}", one_line(file.text(list))));
            format!("{maker} :{name}{parameters}")
        }
        _ => format!("{maker} :{name}"),
    }
}

fn describe_class(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let Some(base) = field(node, "superclass").and_then(|superclass| named(superclass).next()) else { return };
    let name = if base.kind() == "call" { field(base, "receiver").unwrap_or(base) } else { base };
    symbol.metadata.insert("base_classes".into(), json!([compact(file.text(name))]));
    if let Some((_, Some(fields))) = made(base, file) {
        symbol.metadata.insert("fields".into(), fields);
    }
}

/// What kind of thing `Struct.new(…)` and its like make, and its fields.
fn made(call: Node<'_>, file: &File<'_>) -> Option<(SymbolKind, Option<Value>)> {
    if call.kind() != "call" {
        return None;
    }
    let receiver = field(call, "receiver").map(|of| file.text(of).trim_start_matches("::"))?;
    let kind = match (receiver, maker(call, file)) {
        ("Struct", "new") | ("Data", "define") => SymbolKind::Struct,
        ("Class", "new") => SymbolKind::Class,
        ("Module", "new") => SymbolKind::Module,
        _ => return None,
    };
    let fields = (kind == SymbolKind::Struct).then(|| {
        let arguments = field(call, "arguments").into_iter().flat_map(|list| named(list));
        let symbols = arguments.filter(|argument| argument.kind() == "simple_symbol");
        symbols.map(|argument| json!({"name": literal(file.text(argument))})).collect()
    });
    Some((kind, fields))
}

fn describe_constant(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let Some(right) = field(definition.node, "right").filter(|_| definition.name.parent() == Some(definition.node))
    else {
        return;
    };
    let Some((kind, fields)) = made(right, file) else {
        symbol.metadata.insert("value".into(), one_line(file.text(right)).into());
        return;
    };
    symbol.kind = kind;
    if let Some(fields) = fields {
        symbol.metadata.insert("fields".into(), fields);
    }
    // `Class.new(Base)`
    if kind == SymbolKind::Class
        && let Some(base) = field(right, "arguments").and_then(|list| named(list).next())
    {
        symbol.metadata.insert("base_classes".into(), json!([compact(file.text(base))]));
    }
}

fn describe_method(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    if let Some(sig) = type_signature(node, file) {
        symbol.attributes.push(one_line(file.text(sig)));
    }
    let mut parameters = field(node, "parameters");
    match node.kind() {
        "singleton_method" => {
            let object = field(node, "object").map_or("self", |object| file.text(object));
            if object == "self" || object.starts_with(|c: char| c.is_uppercase()) {
                modify(symbol, "static");
            } else {
                symbol.metadata.insert("receiver".into(), object.into());
            }
        }
        "alias" => {
            if let Some(of) = field(node, "alias") {
                symbol.metadata.insert("alias_of".into(), literal(file.text(of)).into());
            }
        }
        "call" => {
            let maker = maker(node, file);
            if maker.starts_with("cattr") || maker.starts_with("mattr") || maker == "class_attribute" {
                modify(symbol, "static");
            }
            match maker {
                "alias_method" => {
                    if let Some(of) = child(node, "argument_list").and_then(|list| named(list).nth(1)) {
                        symbol.metadata.insert("alias_of".into(), literal(file.text(of)).into());
                    }
                }
                "define_method" | "define_singleton_method" => {
                    parameters = field(node, "block").and_then(|block| field(block, "parameters"));
                    if maker == "define_singleton_method" {
                        modify(symbol, "static");
                    }
                }
                "delegate" | "def_delegator" | "def_delegators" => {
                    symbol.metadata.insert("is_delegated".into(), true.into());
                }
                _ => {
                    let access = match maker.rsplit('_').next() {
                        Some("reader" | "attr") => "read",
                        Some("writer") => "write",
                        _ => "read_write",
                    };
                    symbol.metadata.insert("is_accessor".into(), true.into());
                    symbol.metadata.insert("access".into(), access.into());
                }
            }
        }
        _ if symbol.name == "initialize" => {
            symbol.metadata.insert("is_constructor".into(), true.into());
        }
        _ => {}
    }
    let parameters: Vec<Value> =
        parameters.into_iter().flat_map(|list| named(list)).filter_map(|one| parameter(one, file)).collect();
    if !parameters.is_empty() {
        symbol.metadata.insert("parameters".into(), parameters.into());
    }
}

fn parameter(node: Node<'_>, file: &File<'_>) -> Option<Value> {
    let kind = match node.kind() {
        "identifier" | "destructured_parameter" => "required",
        "optional_parameter" => "optional",
        "splat_parameter" => "rest",
        "keyword_parameter" => "keyword",
        "hash_splat_parameter" => "keyword_rest",
        "hash_splat_nil" => return None,
        "block_parameter" => "block",
        "forward_parameter" => "forward",
        _ => return None,
    };
    let name =
        field(node, "name").map_or_else(|| file.text(node).trim_start_matches(['*', '&']), |name| file.text(name));
    let mut row = Map::new();
    row.insert("name".into(), one_line(name).into());
    row.insert("kind".into(), kind.into());
    if let Some(value) = field(node, "value") {
        row.insert("default".into(), one_line(file.text(value)).into());
    }
    Some(row.into())
}

/// Adds to `modifiers`.
fn modify(symbol: &mut Symbol, modifier: &str) {
    add(symbol, "modifiers", modifier);
}

/// Adds a text to a list in the metadata, once.
fn add(symbol: &mut Symbol, key: &str, text: &str) {
    let list = symbol.metadata.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    if let Some(list) = list.as_array_mut().filter(|list| !list.iter().any(|known| known == text)) {
        list.push(text.into());
    }
}

/// Makes what is public internal: documented as not for users.
fn hide(symbol: &mut Symbol) {
    if symbol.visibility == Visibility::Public {
        symbol.visibility = Visibility::Internal;
    }
}
