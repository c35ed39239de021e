//! Declarators: `*(*name[2])(int)` says what `name` is from the inside out.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use super::doxygen;
use crate::nodes::{child, children, field, has, named};
use crate::rules::File;
use crate::signature::one_line;

/// Deeper declarators are no work of human hands.
const MAX_DEPTH: usize = 64;

/// What a declarator declares.
pub(crate) struct Declared<'t> {
    /// The name.
    pub(crate) name: Node<'t>,
    /// `name(…)`, where it is a function.
    pub(crate) function: Option<Node<'t>>,
    /// Whether it is a pointer that can be set to something else.
    is_pointer: bool,
}

/// The declarator within a declarator.
fn inner(node: Node<'_>) -> Option<Node<'_>> {
    field(node, "declarator").or_else(|| {
        named(node).find(|n| {
            n.kind().ends_with("declarator")
                || matches!(n.kind(), "identifier" | "field_identifier" | "type_identifier" | "qualified_identifier")
                || matches!(n.kind(), "operator_name" | "destructor_name")
        })
    })
}

/// Follows a declarator to its name.
pub(crate) fn declared(declarator: Node<'_>) -> Option<Declared<'_>> {
    let mut at = declarator;
    let mut function = None;
    let mut is_pointer = false;
    for _ in 0..MAX_DEPTH {
        match at.kind() {
            "identifier"
            | "field_identifier"
            | "type_identifier"
            | "primitive_type"
            | "qualified_identifier"
            | "operator_name"
            | "destructor_name"
            | "operator_cast"
            | "template_function"
            | "template_method" => {
                return Some(Declared { name: at, function, is_pointer });
            }
            "function_declarator" => {
                function = Some(at);
                is_pointer = false;
            }
            "pointer_declarator" | "reference_declarator" => {
                function = None;
                let is_const = named(at).any(|n| n.kind() == "type_qualifier" && n.end_byte() - n.start_byte() == 5);
                is_pointer = at.kind() == "pointer_declarator" && !is_const;
            }
            "array_declarator" => function = None,
            "init_declarator"
            | "parenthesized_declarator"
            | "attributed_declarator"
            | "variadic_declarator"
            | "bitfield_clause" => {}
            _ => return None,
        }
        at = inner(at)?;
    }
    None
}

/// The declarator without its value.
pub(crate) fn without_value(declarator: Node<'_>) -> Node<'_> {
    match declarator.kind() {
        "init_declarator" => field(declarator, "declarator").unwrap_or(declarator),
        _ => declarator,
    }
}

/// The type that a declaration begins with, with `const` and `volatile`; of a record with fields only the head.
pub(crate) fn base_type(declaration: Node<'_>, file: &File<'_>) -> String {
    let mut parts = Vec::new();
    let mut has_type = false;
    let mut cursor = declaration.walk();
    for node in children(declaration) {
        match node.kind() {
            "type_qualifier" if matches!(file.text(node), "const" | "volatile" | "_Atomic" | "restrict") => {
                parts.push(file.text(node).to_owned());
            }
            "type_qualifier" | "storage_class_specifier" | "attribute_specifier" | "attribute_declaration" => {}
            _ if has_type => break,
            _ if declaration.children_by_field_name("type", &mut cursor).any(|of| of.id() == node.id()) => {
                has_type = true;
                parts.push(head(node, file));
            }
            _ => {}
        }
    }
    parts.join(" ")
}

/// A type without the fields that may be declared with it.
fn head(of: Node<'_>, file: &File<'_>) -> String {
    let end = match field(of, "body") {
        Some(body) if of.kind().ends_with("_specifier") => body.start_byte(),
        _ => of.end_byte(),
    };
    one_line(file.text.get(of.start_byte()..end).unwrap_or_default())
}

/// The type of what `declarator` declares: the whole without the name, or without name and parameters of a function.
pub(crate) fn type_of(declaration: Node<'_>, declarator: Node<'_>, without: Node<'_>, file: &File<'_>) -> String {
    let base = base_type(declaration, file);
    let whole = without_value(declarator);
    let before = file.text.get(whole.start_byte()..without.start_byte()).unwrap_or_default();
    let after = file.text.get(without.end_byte()..whole.end_byte()).unwrap_or_default();
    let rest = one_line(&format!("{before}{after}"));
    match (base.is_empty(), rest.is_empty()) {
        (_, true) => base,
        (true, _) => rest,
        _ => format!("{base} {rest}"),
    }
}

/// Whether the declared value itself cannot change.
pub(crate) fn is_const(declaration: Node<'_>, declared: &Declared<'_>, file: &File<'_>) -> bool {
    let mut qualifiers = named(declaration).filter(|n| n.kind() == "type_qualifier").map(|n| file.text(n));
    if declared.is_pointer {
        return qualifiers.any(|q| q == "constexpr");
    }
    qualifiers.any(|q| matches!(q, "const" | "constexpr" | "constinit"))
        || declared.name.parent().is_some_and(|p| {
            let pointer = if p.kind() == "array_declarator" { p.parent() } else { Some(p) };
            pointer.is_some_and(|p| named(p).any(|n| n.kind() == "type_qualifier" && file.text(n) == "const"))
        })
}

/// Parameters: name, type and default.
pub(crate) fn parameters(function: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let Some(list) = field(function, "parameters") else { return Vec::new() };
    let mut rows = Vec::new();
    for node in children(list) {
        match node.kind() {
            "parameter_declaration" | "optional_parameter_declaration" | "variadic_parameter_declaration" => {
                rows.push(parameter(node, file));
            }
            // K&R: the types come behind the bracket.
            "identifier" => {
                rows.push(json!({"name": file.text(node), "type": old_type(function, file.text(node), file)}));
            }
            "variadic_parameter" | "..." => rows.push(json!({"name": "...", "type": null})),
            _ => {}
        }
    }
    // `(void)` says that there are none.
    if let [only] = rows.as_slice()
        && only["name"].is_null()
        && only["type"] == "void"
    {
        rows.clear();
    }
    rows
}

fn parameter(node: Node<'_>, file: &File<'_>) -> Value {
    let declarator = field(node, "declarator");
    let known = declarator.and_then(declared);
    let of = match (declarator, &known) {
        (Some(declarator), Some(known)) => type_of(node, declarator, known.name, file),
        (Some(declarator), None) => {
            let space = if declarator.kind().starts_with("abstract_") { " " } else { "" };
            format!("{}{space}{}", base_type(node, file), one_line(file.text(declarator)))
        }
        _ => base_type(node, file),
    };
    let mut row = json!({"name": known.map(|k| file.text(k.name)), "type": of});
    if let Some(value) = field(node, "default_value") {
        row["default"] = one_line(file.text(value)).into();
    }
    row
}

fn old_type(function: Node<'_>, name: &str, file: &File<'_>) -> Option<String> {
    let definition = function.parent()?;
    named(definition).filter(|n| n.kind() == "declaration").find_map(|declaration| {
        let mut cursor = declaration.walk();
        declaration
            .children_by_field_name("declarator", &mut cursor)
            .filter_map(|d| declared(d).map(|known| (d, known)))
            .find(|(_, known)| file.text(known.name) == name)
            .map(|(d, known)| type_of(declaration, d, known.name, file))
    })
}

/// Fields of a struct, class or union, functions excepted. `visibility` is asked for each.
pub(crate) fn fields(
    body: Node<'_>,
    file: &File<'_>,
    visibility: &dyn Fn(Node<'_>) -> Option<&'static str>,
) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut open = vec![body];
    while let Some(list) = open.pop() {
        let mut inner = Vec::new();
        for node in named(list) {
            match node.kind() {
                "field_declaration" => rows.extend(field_rows(node, file, visibility(node))),
                kind if kind.starts_with("preproc_") && rows.len() < 10_000 => inner.push(node),
                _ => {}
            }
        }
        open.extend(inner.into_iter().rev());
    }
    rows
}

fn field_rows(node: Node<'_>, file: &File<'_>, visibility: Option<&str>) -> Vec<Value> {
    let doc = doxygen::beside(node, file);
    let mut cursor = node.walk();
    let declarators: Vec<_> = node.children_by_field_name("declarator", &mut cursor).collect();
    let mut rows = Vec::new();
    let mut push = |name: Option<&str>, of: String| {
        let mut row = json!({"name": name, "type": of});
        if let Some(bits) = child(node, "bitfield_clause") {
            row["bits"] = file.text(bits).trim_start_matches(':').trim().into();
        }
        if let Some(value) = field(node, "default_value") {
            row["default"] = one_line(file.text(value)).into();
        }
        if let Some(visibility) = visibility {
            row["visibility"] = visibility.into();
        }
        if let Some(doc) = &doc {
            row["doc"] = doc.as_str().into();
        }
        rows.push(row);
    };
    for declarator in &declarators {
        let Some(known) = declared(*declarator) else { continue };
        if known.function.is_none() && !has_static(node, file) {
            push(Some(file.text(known.name)), type_of(node, *declarator, known.name, file));
        }
    }
    // `union { … };` without a name: its fields are reached as if they were this struct's.
    let anonymous = field(node, "type").filter(|of| field(*of, "name").is_none() && field(*of, "body").is_some());
    if let Some(of) = anonymous.filter(|of| declarators.is_empty() && of.kind() != "enum_specifier") {
        push(None, one_line(file.text(of)));
    }
    rows
}

/// Whether a member belongs to the class and not to its values.
pub(crate) fn has_static(declaration: Node<'_>, file: &File<'_>) -> bool {
    named(declaration).any(|n| n.kind() == "storage_class_specifier" && file.text(n) == "static")
}

/// Variants of an enumeration: name, value and documentation.
pub(crate) fn variants(body: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut open = vec![body];
    while let Some(list) = open.pop() {
        for node in named(list) {
            if node.kind() == "enumerator" {
                let Some(name) = field(node, "name") else { continue };
                let mut row = json!({"name": file.text(name)});
                if let Some(value) = field(node, "value") {
                    row["value"] = one_line(file.text(value)).into();
                }
                if let Some(doc) = doxygen::beside(node, file) {
                    row["doc"] = doc.into();
                }
                rows.push(row);
            } else if node.kind().starts_with("preproc_") {
                open.push(node);
            }
        }
    }
    rows
}

/// Words that change what a declaration is: `static`, `inline`, `virtual`, `constexpr`, ….
pub(crate) fn modifiers(declaration: Node<'_>, file: &File<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for node in children(declaration) {
        match node.kind() {
            "storage_class_specifier" | "virtual" | "explicit_function_specifier" | "ms_call_modifier" | "inline" => {
                found.push(one_line(file.text(node)));
            }
            "type_qualifier" => {
                let text = file.text(node);
                if !matches!(text, "const" | "volatile" | "restrict") {
                    found.push(text.to_owned());
                }
            }
            _ => {}
        }
    }
    found
}

/// Attributes of all forms: `[[nodiscard]]`, `__attribute__((…))`, `__declspec(…)`.
pub(crate) fn attributes(declaration: Node<'_>, file: &File<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let of_type = field(declaration, "type").filter(|of| has(*of, "attribute_specifier"));
    for node in children(declaration).chain(of_type.into_iter().flat_map(children)) {
        match node.kind() {
            "attribute_declaration" => {
                found.extend(named(node).filter(|n| n.kind() == "attribute").map(|n| one_line(file.text(n))));
            }
            "attribute_specifier" => {
                let text = one_line(file.text(node));
                let inner = text.find("((").and_then(|at| text.get(at + 2..)).and_then(|t| t.strip_suffix("))"));
                found.push(inner.unwrap_or(&text).trim().to_owned());
            }
            "ms_declspec_modifier" | "alignas_qualifier" => found.push(one_line(file.text(node))),
            _ => {}
        }
    }
    found
}

/// Keeps a list where there is something in it.
pub(crate) fn keep<T: Into<Value>>(metadata: &mut Map<String, Value>, key: &str, list: Vec<T>) {
    if !list.is_empty() {
        metadata.insert(key.to_owned(), list.into_iter().map(Into::into).collect::<Vec<Value>>().into());
    }
}
