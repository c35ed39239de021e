//! Names that are given something: variables, class fields, and what assignments make of modules, prototypes and objects.

use tree_sitter::Node;

use super::members::property_name;
use crate::nodes::{compact, field, has};
use crate::rules::File;
use crate::signature::one_line;

/// Longer values say nothing that a reader of an index wants.
pub(super) const MAX_VALUE: usize = 200;

/// Parentheses and type assertions within one another, at most so deep.
const MAX_WRAPPING: usize = 8;

/// A value without what only says its type.
pub(super) fn unwrapped(value: Node<'_>) -> Node<'_> {
    let mut at = value;
    for _ in 0..MAX_WRAPPING {
        let inner = match at.kind() {
            "parenthesized_expression" | "as_expression" | "satisfies_expression" | "non_null_expression" => {
                at.named_child(0)
            }
            "type_assertion" => at.named_child(1),
            _ => None,
        };
        match inner {
            Some(inner) => at = inner,
            None => break,
        }
    }
    at
}

/// What is assigned in the end: the value of `a = b = value`.
pub(super) fn last_value(value: Node<'_>) -> Node<'_> {
    let mut at = value;
    while let Some(right) = field(unwrapped(at), "right").filter(|_| unwrapped(at).kind() == "assignment_expression") {
        at = right;
    }
    at
}

/// The function that a value is.
pub(super) fn function_in(value: Node<'_>) -> Option<Node<'_>> {
    let value = unwrapped(last_value(value));
    matches!(value.kind(), "function_expression" | "generator_function" | "arrow_function").then_some(value)
}

/// The class that a value is.
pub(super) fn class_in(value: Node<'_>) -> Option<Node<'_>> {
    let value = unwrapped(last_value(value));
    (value.kind() == "class").then_some(value)
}

/// The value of a variable, field, assignment, pair or default export.
pub(super) fn value_of(node: Node<'_>) -> Option<Node<'_>> {
    field(node, "value").or_else(|| field(node, "right"))
}

/// Whether a class's field is a constant: `static readonly`, or static and in capitals.
pub(super) fn is_constant_field(member: Node<'_>, file: &File<'_>) -> bool {
    let name = field(member, "name").or_else(|| field(member, "property")).map(|name| file.text(name));
    let is_upper = name.is_some_and(|name| {
        name.contains(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_lowercase())
    });
    has(member, "static") && (is_upper || has(member, "readonly"))
}

/// Whether a value is a module: `require("x")`, `require("x").y`, `require("x")(…)`.
pub(super) fn is_required(value: Node<'_>, file: &File<'_>) -> bool {
    file.text(value).starts_with("require(") || file.text(value).starts_with("__importDefault(require(")
}

/// What an assignment to a member is to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// `module.exports`
    Module,
    /// `exports.name`, `module.exports.name`
    Export(String),
    /// `Class.prototype`
    Prototype(String),
    /// `Class.prototype.name`
    Method(String, String),
    /// `object.name`
    Member(String, String),
    /// `window.name` and the like
    Global(String),
}

/// What the left side of an assignment is.
pub(super) fn target(left: Node<'_>, file: &File<'_>) -> Option<Target> {
    (left.kind() == "member_expression").then(|| target_of(&compact(file.text(left))))?
}

fn target_of(text: &str) -> Option<Target> {
    if text == "module.exports" {
        return Some(Target::Module);
    }
    let (of, name) = text.rsplit_once('.')?;
    let name = name.to_owned();
    if name == "prototype" {
        return Some(Target::Prototype(of.to_owned()));
    }
    Some(match of {
        "exports" | "module.exports" => Target::Export(name),
        "window" | "globalThis" | "global" | "self" => Target::Global(name),
        _ => match of.strip_suffix(".prototype") {
            Some(class) => Target::Method(class.to_owned(), name),
            None if of.contains(['(', '[']) || of.starts_with("this") => return None,
            None => Target::Member(of.to_owned(), name),
        },
    })
}

/// The assignment that a method or pair of an object literal belongs to, or the export.
pub(super) fn around_object(member: Node<'_>) -> Option<Node<'_>> {
    let object = member.parent().filter(|parent| parent.kind() == "object")?;
    object.parent().filter(|parent| matches!(parent.kind(), "assignment_expression" | "export_statement"))
}

/// The name that an assignment declares; `None` where it declares nothing.
pub(super) fn assigned_name(assignment: Node<'_>, file: &File<'_>) -> Option<String> {
    let value = unwrapped(last_value(field(assignment, "right")?));
    let is_function = function_in(value).is_some();
    let is_code = is_function || class_in(value).is_some();
    match target(field(assignment, "left")?, file)? {
        Target::Module if is_code => {
            Some(field(value, "name").map_or_else(|| "default".to_owned(), |name| file.text(name).to_owned()))
        }
        Target::Export(name) | Target::Global(name) => {
            let is_other = matches!(value.kind(), "identifier" | "undefined") || file.text(value).starts_with("void ");
            let is_wanted = is_code || !(is_other || is_required(value, file)) && name != "__esModule";
            is_wanted.then_some(name)
        }
        Target::Method(_, name) | Target::Member(_, name) if is_function => Some(name),
        _ => None,
    }
}

/// The name of a method or function in an object that is assigned or exported as a whole.
pub(super) fn object_member_name(member: Node<'_>, name: Node<'_>, file: &File<'_>) -> Option<String> {
    let around = around_object(member)?;
    if around.kind() == "assignment_expression" {
        let target = target(field(around, "left")?, file)?;
        if !matches!(target, Target::Module | Target::Prototype(_)) {
            return None;
        }
    }
    Some(property_name(file.text(name)))
}

/// A value on one line, where it is short.
pub(super) fn short(value: Node<'_>, file: &File<'_>) -> Option<String> {
    let is_short = value.end_byte() - value.start_byte() <= MAX_VALUE;
    is_short.then(|| one_line(file.text(value)))
}

#[cfg(test)]
mod tests {
    use super::{Target, target_of};

    #[test]
    fn targets() {
        let own = str::to_owned;
        assert_eq!(target_of("module.exports"), Some(Target::Module));
        assert_eq!(target_of("module.exports.a"), Some(Target::Export(own("a"))));
        assert_eq!(target_of("A.prototype.b"), Some(Target::Method(own("A"), own("b"))));
        assert_eq!(target_of("a.b.c"), Some(Target::Member(own("a.b"), own("c"))));
        assert_eq!(target_of("this.a"), None);
        assert_eq!(target_of("f().a"), None);
    }
}
