//! Types: what functions take and give, what data holds.

use serde_json::{Value, json};
use tree_sitter::Node;

use super::exports::Exports;
use super::{haddock, keep, own_name};
use crate::nodes::{child, children, field, named};
use crate::rules::File;
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind};

/// More parameters are no work of human hands.
const MAX_PARAMETERS: usize = 64;

/// Code on one line, without the comments in it.
pub(super) fn plain(code: &str) -> String {
    let lines: Vec<&str> = code
        .lines()
        .map(|line| {
            let comment = line.match_indices("--").map(|(at, _)| at).find(|at| {
                let rest = line.get(at + 2..).unwrap_or_default().trim_start_matches('-');
                let is_open =
                    line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t', ',']));
                is_open && (rest.is_empty() || rest.starts_with(' '))
            });
            comment.and_then(|at| line.get(..at)).unwrap_or(line)
        })
        .collect();
    one_line(&lines.join("\n"))
}

/// Parameters, result and constraints of a signature's type; whether it is a function's.
pub(super) fn describe_type(of: Node<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
    let mut at = of;
    let mut rows = Vec::new();
    for _ in 0..MAX_PARAMETERS {
        match at.kind() {
            "function" | "linear_function" => {
                let (Some(parameter), Some(result)) = (field(at, "parameter"), field(at, "result")) else { break };
                let mut row = json!({"type": plain(file.text(parameter))});
                if let Some(doc) = haddock::behind(parameter, file).or_else(|| haddock::before(parameter, file)) {
                    row["doc"] = doc.into();
                }
                rows.push(row);
                at = result;
            }
            "context" => {
                if let Some(context) = field(at, "context") {
                    symbol.metadata.insert("context".into(), plain(file.text(context)).into());
                }
                let Some(inner) = field(at, "type") else { break };
                at = inner;
            }
            "forall" => {
                symbol.generics = child(at, "quantified_variables").map(|n| one_line(file.text(n)));
                let Some(inner) = field(at, "type") else { break };
                at = inner;
            }
            _ => break,
        }
    }
    symbol.return_type = Some(plain(file.text(at)));
    let is_function = !rows.is_empty();
    keep(symbol, "parameters", rows);
    is_function
}

pub(super) fn describe_class(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    if let Some(context) = field(node, "context").and_then(|n| field(n, "context")) {
        let list: Vec<Value> = match context.kind() {
            "tuple" => named(context).map(|n| plain(file.text(n)).into()).collect(),
            _ => vec![plain(file.text(context)).into()],
        };
        keep(symbol, "base_classes", list);
    }
    let mut methods: Vec<Value> = Vec::new();
    let mut associated: Vec<Value> = Vec::new();
    for declaration in field(node, "declarations").into_iter().flat_map(named) {
        match declaration.kind() {
            "signature" => match field(declaration, "names") {
                Some(list) => methods.extend(named(list).map(|n| Value::from(own_name(n, file)))),
                None => methods.extend(field(declaration, "name").map(|n| Value::from(own_name(n, file)))),
            },
            "type_family" | "data_family" => {
                let name = field(declaration, "name").map(|n| file.text(n));
                associated.push(json!({"name": name, "declaration": plain(file.text(declaration))}));
            }
            _ => {}
        }
    }
    keep(symbol, "methods", methods);
    keep(symbol, "associated_types", associated);
}

pub(super) fn describe_data(node: Node<'_>, file: &File<'_>, exports: &Exports, symbol: &mut Symbol) {
    let is_newtype = node.kind() == "newtype";
    let mut variants: Vec<Value> = Vec::new();
    let list = field(node, "constructors").into_iter().flat_map(named);
    let single = field(node, "constructor").filter(|_| is_newtype);
    for constructor in list.chain(single) {
        variants.extend(variant(constructor, file, exports, &symbol.name));
    }
    if is_newtype {
        symbol.metadata.insert("is_newtype".into(), true.into());
    }
    if variants.len() > 1 {
        symbol.kind = SymbolKind::Enum;
        symbol.metadata.insert("variants".into(), variants.into());
    } else if let Some(mut only) = variants.pop() {
        symbol.metadata.insert("fields".into(), only["fields"].take());
        symbol.metadata.insert("constructor".into(), only["name"].take());
        if only["visibility"].is_string() {
            symbol.metadata.insert("constructor_visibility".into(), only["visibility"].take());
        }
    }
    let derived: Vec<Value> = children(node)
        .filter(|n| n.kind() == "deriving")
        .filter_map(|n| field(n, "classes"))
        .flat_map(|classes| match classes.kind() {
            "tuple" | "parens" => named(classes).map(|n| file.text(n).into()).collect(),
            _ => vec![Value::from(file.text(classes))],
        })
        .collect();
    keep(symbol, "derives", derived);
}

/// `Name a b`, `Name { field :: a }`, `a :+ b`, `Name :: a -> b`.
fn variant(node: Node<'_>, file: &File<'_>, exports: &Exports, of: &str) -> Vec<Value> {
    if !matches!(node.kind(), "data_constructor" | "newtype_constructor" | "gadt_constructor") {
        return Vec::new();
    }
    let inner = field(node, "constructor").unwrap_or(node);
    let mut names: Vec<Node<'_>> = field(inner, "name").or_else(|| field(inner, "operator")).into_iter().collect();
    names.extend(field(inner, "names").into_iter().flat_map(named));
    let doc = haddock::of(node, file);
    let fields = constructor_fields(inner, file);
    names
        .into_iter()
        .map(|name| {
            let name = own_name(name, file);
            let mut row = json!({"name": name, "fields": fields});
            if !exports.has_part(of, &name) {
                row["visibility"] = "private".into();
            }
            if let Some(doc) = &doc {
                row["doc"] = doc.as_str().into();
            }
            row
        })
        .collect()
}

fn constructor_fields(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let record = match node.kind() {
        "record" => field(node, "fields").or(Some(node)),
        "newtype_constructor" => field(node, "field").filter(|n| n.kind() == "record"),
        "gadt_constructor" => field(node, "type").filter(|n| n.kind() == "record").and_then(|n| field(n, "fields")),
        _ => None,
    };
    if let Some(record) = record {
        return named(record).filter(|n| n.kind() == "field").flat_map(|n| record_field(n, file)).collect();
    }
    if node.kind() == "gadt_constructor" {
        let mut at = field(node, "type").map(|n| field(n, "type").unwrap_or(n));
        let mut rows = Vec::new();
        while let Some(of) = at.filter(|n| n.kind() == "function" && rows.len() < MAX_PARAMETERS) {
            rows.extend(field(of, "parameter").map(|n| json!({"type": plain(file.text(n))})));
            at = field(of, "result");
        }
        return rows;
    }
    let mut cursor = node.walk();
    let mut rows: Vec<Value> = node
        .children_by_field_name("field", &mut cursor)
        .map(|n| {
            let of = field(n, "type").filter(|_| n.kind() == "field").unwrap_or(n);
            json!({"type": plain(file.text(of))})
        })
        .collect();
    for side in ["left_operand", "right_operand"] {
        rows.extend(field(node, side).map(|n| json!({"type": plain(file.text(n))})));
    }
    rows
}

/// `a, b :: Int`
fn record_field(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let of = field(node, "type").map(|n| plain(file.text(n)));
    let doc = haddock::of(node, file);
    let mut cursor = node.walk();
    node.children_by_field_name("name", &mut cursor)
        .filter(Node::is_named)
        .map(|name| {
            let mut row = json!({"name": own_name(name, file), "type": of});
            if let Some(doc) = &doc {
                row["doc"] = doc.as_str().into();
            }
            row
        })
        .collect()
}
