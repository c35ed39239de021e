//! Where a declaration stands: what holds it, whether it is exported, what decorates it.

use tree_sitter::Node;

use super::exports::is_declaration_file;
use super::is_member;
use super::values::{Target, around_object, target};
use crate::nodes::{child, children, field, first_line, has, is_within};
use crate::rules::File;
use crate::signature::one_line;
use crate::symbol::{Container, Symbol, SymbolKind, Visibility};

/// Where a symbol stands, whether it is exported, and who may use it as far as its own node says.
pub(super) fn place(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    if is_member(node) {
        let accessibility = child(node, "accessibility_modifier").map(|modifier| file.text(modifier));
        symbol.visibility = match accessibility {
            _ if symbol.name.starts_with('#') => Visibility::Private,
            Some("private") => Visibility::Private,
            Some("protected") => Visibility::Protected,
            _ => Visibility::Public,
        };
        return;
    }
    let export = |symbol: &mut Symbol, is_default: bool| {
        symbol.visibility = Visibility::Public;
        symbol.metadata.insert("is_exported".into(), true.into());
        if is_default {
            symbol.metadata.insert("is_default_export".into(), true.into());
        }
    };
    symbol.visibility = Visibility::Internal;
    let assignment = around_object(node).or((node.kind() == "assignment_expression").then_some(node));
    let is_in_object = assignment.is_some_and(|assignment| assignment != node);
    if let Some(assignment) = assignment.filter(|assignment| assignment.kind() == "assignment_expression") {
        symbol.container = None;
        match field(assignment, "left").and_then(|left| target(left, file)) {
            Some(Target::Module) => export(symbol, !is_in_object),
            Some(Target::Export(_)) => export(symbol, false),
            Some(Target::Global(_)) => symbol.visibility = Visibility::Public,
            Some(Target::Method(of, _) | Target::Prototype(of) | Target::Member(of, _)) => {
                symbol.kind = SymbolKind::Method;
                symbol.visibility = Visibility::Public;
                symbol.container = Some(Container { path: of, symbol: None });
            }
            None => {}
        }
        return;
    }
    let mut at = Some(node);
    while let Some(here) = at {
        match here.kind() {
            "export_statement" => return export(symbol, has(here, "default") && !is_in_object),
            "statement_block" => {
                // All of an ambient module is exported; what its list leaves out is taken back in the end.
                if is_within_ambient(here, file) {
                    export(symbol, false);
                }
                return;
            }
            "program" => {
                if matches!(node.kind(), "module") {
                    symbol.visibility = Visibility::Public;
                }
                return;
            }
            _ => at = here.parent(),
        }
    }
}

/// Whether a node only declares what is implemented elsewhere.
pub(super) fn is_within_ambient(node: Node<'_>, file: &File<'_>) -> bool {
    is_declaration_file(file.path) || is_within(file.root, node, &["ambient_declaration"])
}

/// Decorators, wherever the grammar has them: in the declaration, in `export`, or before a method.
pub(super) fn decorate(node: Node<'_>, outer: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let mut before = Vec::new();
    let mut at = if is_member(node) { node.prev_sibling() } else { None };
    while let Some(decorator) = at.filter(|sibling| matches!(sibling.kind(), "decorator" | "comment")) {
        if decorator.kind() == "decorator" {
            symbol.line_start = first_line(decorator);
            before.push(decorator);
        }
        at = decorator.prev_sibling();
    }
    before.reverse();
    before.extend(children(outer).filter(|child| child.kind() == "decorator"));
    if outer != node {
        before.extend(children(node).filter(|child| child.kind() == "decorator"));
    }
    if before.is_empty() {
        return;
    }
    symbol.attributes =
        before.iter().map(|decorator| one_line(file.text(*decorator).trim_start_matches('@'))).collect();
    symbol.metadata.insert("decorators".into(), symbol.attributes.clone().into());
}
