//! C++. Members are as their section says (private in a class, public in a struct, if none does), what is in an anonymous
//! namespace or `static` is private, namespaces called `detail`, `internal` or `impl` are internal. A method defined
//! outside of its class has the class as container. Concepts are traits. Metadata as in C, and `modifiers` (`virtual`,
//! `override`, `const`, `noexcept`, `constexpr`, `static`, `explicit`, `default`, `delete`, `pure_virtual`, `friend`, …),
//! `is_constructor`, `is_destructor`, `is_operator`, `requires`, `base_classes` and `specialization` (the arguments that
//! a template is specialised for), `friends` of classes, `underlying_type` and `is_scoped` of enums.

mod place;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;
use tree_sitter::Node;

use crate::language::Language;
use crate::languages::c::declarators::{self, declared, has_static, keep};
use crate::languages::c::{doxygen, macros, shared};
use crate::nodes::{ancestor, child, children, compact, field, has, named};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{Container, FileSymbols, Relation, Symbol, SymbolKind, Visibility};

pub(crate) static CPP: Language = Language {
    name: "cpp",
    title: "C++",
    extensions: &["cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "inl", "tpp"],
    file_names: &[],
    separator: "::",
    grammar: tree_sitter_cpp::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &CppRules,
    compiled: OnceLock::new(),
};

struct CppRules;

impl Rules for CppRules {
    fn readable<'s>(&self, text: &'s str) -> Cow<'s, str> {
        macros::readable(text, false)
    }

    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        shared::outer(definition.node)
    }

    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let name = match definition.kind {
            SymbolKind::Function | SymbolKind::Static => {
                let known = declared(definition.name)?;
                if definition.kind == SymbolKind::Static && shared::is_doubtful(definition, &known) {
                    return None;
                }
                // Fields are their class's metadata.
                let is_field = definition.node.parent().is_some_and(|p| p.kind() == "field_declaration");
                if is_field && known.function.is_none() {
                    let declaration = shared::declaration_of(definition.node);
                    let is_shared = has_static(declaration, file)
                        || named(declaration).any(|n| n.kind() == "type_qualifier" && file.text(n) == "constexpr");
                    if !is_shared {
                        return None;
                    }
                }
                known.name
            }
            SymbolKind::TypeAlias if definition.node.kind() != "alias_declaration" => declared(definition.name)?.name,
            _ => definition.name,
        };
        if definition.kind == SymbolKind::Module {
            return Some(compact(file.text(name)));
        }
        let name = own_name(name, file);
        (!shared::is_keyword(&name)).then_some(name)
    }

    fn doc_text(&self, comment: &str) -> Option<String> {
        doxygen::text(comment)
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        match definition.kind {
            SymbolKind::Macro => shared::macro_signature(definition.node, file),
            SymbolKind::Const => file.text(definition.node).to_owned(),
            SymbolKind::Trait => {
                let end = definition.name.end_byte();
                one_line(file.text.get(self.outer(definition).start_byte()..end).unwrap_or_default())
            }
            _ => shared::signature(definition, file),
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        shared::add_sections(symbol);
        if definition.kind == SymbolKind::Macro {
            return shared::describe_macro(node, file, symbol);
        }
        let place = place::place(node, file);
        if place.is_local {
            return false;
        }
        symbol.visibility = place.visibility.unwrap_or(Visibility::Public);
        template(node, file, symbol);
        match definition.kind {
            SymbolKind::Function | SymbolKind::Static => return value(definition, &place, file, symbol),
            SymbolKind::TypeAlias if node.kind() == "alias_declaration" => {
                symbol.return_type = field(node, "type").map(|n| one_line(file.text(n)));
            }
            SymbolKind::TypeAlias => return shared::describe_alias(definition, file, symbol),
            SymbolKind::Const => {
                if ancestor(node, &["enum_specifier"])
                    .and_then(|n| n.parent())
                    .is_some_and(|p| p.kind() == "type_definition")
                {
                    return false;
                }
                if let Some(value) = field(node, "value") {
                    symbol.metadata.insert("value".into(), file.text(value).into());
                }
                symbol.doc_comment = doxygen::beside(node, file);
            }
            SymbolKind::Trait => {
                let value = children(node).filter(Node::is_named).last().filter(|n| n.id() != definition.name.id());
                symbol.metadata.insert("value".into(), value.map(|n| one_line(file.text(n))).into());
            }
            SymbolKind::Module => {
                keep(&mut symbol.metadata, "modifiers", has(node, "inline").then_some("inline").into_iter().collect());
            }
            SymbolKind::Enum => {
                symbol
                    .metadata
                    .insert("variants".into(), definition.body.map(|b| declarators::variants(b, file)).into());
                if let Some(base) = field(node, "base") {
                    symbol.metadata.insert("underlying_type".into(), one_line(file.text(base)).into());
                }
                symbol.metadata.insert("is_scoped".into(), (has(node, "class") || has(node, "struct")).into());
                decorate(definition, file, symbol);
            }
            _ => {
                class(definition, file, symbol);
                decorate(definition, file, symbol);
            }
        }
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        match relation {
            Relation::Imports => Some(compact(text.trim_matches(['"', '<', '>']))),
            Relation::Extends => Some(shared::without_arguments(&compact(text))),
            _ => shared::called(name, file),
        }
    }

    fn begin(&self) {
        place::forget();
    }

    fn finish(&self, _file: &File<'_>, symbols: &mut FileSymbols) {
        place::forget();
        agree(&mut symbols.symbols);
    }
}

/// The last part of a qualified name, without template arguments.
fn own_name(name: Node<'_>, file: &File<'_>) -> String {
    let mut at = name;
    for _ in 0..shared::MAX_DEPTH {
        match at.kind() {
            "qualified_identifier" | "template_type" | "template_function" | "template_method" => {
                match field(at, "name") {
                    Some(inner) => at = inner,
                    None => break,
                }
            }
            _ => break,
        }
    }
    // `operator bool() const` is called `operator bool`.
    let end = match at.kind() {
        "operator_cast" => field(at, "declarator").map_or(at.end_byte(), |n| n.start_byte()),
        _ => at.end_byte(),
    };
    let text = one_line(file.text.get(at.start_byte()..end).unwrap_or_default());
    if text == "operator" { file.text(at).to_owned() } else { text }
}

/// `a::B<int>::c` says that `c` is in `a::B`.
fn scopes(name: Node<'_>, file: &File<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = name;
    for _ in 0..shared::MAX_DEPTH {
        if at.kind() != "qualified_identifier" {
            break;
        }
        if let Some(scope) = field(at, "scope") {
            found.push(shared::without_arguments(&compact(file.text(scope))));
        }
        match field(at, "name") {
            Some(inner) => at = inner,
            None => break,
        }
    }
    found
}

/// Type parameters and what they must fulfil.
fn template(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let mut at = shared::declaration_of(node);
    if !matches!(at.kind(), "declaration" | "field_declaration" | "function_definition" | "type_definition") {
        at = node;
    }
    let around = at.parent().filter(|p| p.kind() == "template_declaration");
    if let Some(around) = around {
        symbol.generics = field(around, "parameters").map(|n| one_line(file.text(n))).filter(|text| text != "<>");
    }
    let clause = around.and_then(|n| child(n, "requires_clause"));
    let clause = clause.or_else(|| declared(node).and_then(|d| d.function).and_then(|f| child(f, "requires_clause")));
    if let Some(clause) = clause {
        let text = one_line(file.text(clause));
        symbol.metadata.insert("requires".into(), text.trim_start_matches("requires").trim().into());
    }
}

/// A function, method, variable or static member.
fn value(definition: &Definition<'_>, place: &place::Place<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
    let Some(known) = declared(definition.name) else { return false };
    let declaration = shared::declaration_of(definition.node);
    let scopes = scopes(known.name, file);
    let is_member = place.class.is_some() && !place.is_friend;
    symbol.kind = if is_member { SymbolKind::Method } else { definition.kind };
    if !scopes.is_empty() {
        let outside = symbol.container.take().map(|c| c.path);
        let path = outside.into_iter().chain(scopes.iter().cloned()).collect::<Vec<_>>().join("::");
        symbol.container = Some(Container { path, symbol: None });
        if definition.kind == SymbolKind::Function {
            symbol.kind = SymbolKind::Method;
        }
    }
    let is_cast = known.name.kind() == "operator_cast" || last_kind(known.name) == "operator_cast";
    shared::describe_value(definition, &known, file, symbol);
    if known.function.is_none() && !is_cast {
        if symbol.kind == SymbolKind::Method {
            symbol.kind = SymbolKind::Static;
        }
        if has_static(declaration, file) && !is_member {
            symbol.visibility = Visibility::Private;
        }
        return true;
    }
    function(declaration, &known, is_cast, file, symbol);
    let parent = place.class.and_then(|class| field(class, "name")).map(|n| own_name(n, file));
    let is_own = parent.as_deref().or_else(|| scopes.last().map(String::as_str)) == Some(symbol.name.as_str());
    let last = last_kind(known.name);
    for (key, is) in [
        ("is_constructor", is_own && symbol.return_type.is_none()),
        ("is_destructor", last == "destructor_name"),
        ("is_operator", matches!(last, "operator_name" | "operator_cast")),
    ] {
        if is {
            symbol.metadata.insert(key.into(), true.into());
        }
    }
    if symbol.return_type.is_none() && !is_member && scopes.is_empty() && !is_cast {
        // A macro that looks like a function: `TEST(a, b) { … }`.
        return false;
    }
    if place.is_friend
        && let Some(Value::Array(list)) =
            Some(symbol.metadata.entry("modifiers").or_insert_with(|| Value::Array(Vec::new())))
    {
        list.insert(0, "friend".into());
    }
    if place.is_friend {
        symbol.kind = SymbolKind::Function;
    }
    if !is_member && scopes.is_empty() && has_static(declaration, file) {
        symbol.visibility = Visibility::Private;
    }
    true
}

fn last_kind<'t>(name: Node<'t>) -> &'t str {
    let mut at = name;
    for _ in 0..shared::MAX_DEPTH {
        match field(at, "name").filter(|_| at.kind() == "qualified_identifier") {
            Some(inner) => at = inner,
            None => break,
        }
    }
    at.kind()
}

/// What only functions of C++ have.
fn function(
    declaration: Node<'_>,
    known: &declarators::Declared<'_>,
    is_cast: bool,
    file: &File<'_>,
    symbol: &mut Symbol,
) {
    let mut modifiers: Vec<Value> = match symbol.metadata.remove("modifiers") {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let cast = is_cast.then(|| find_cast(known.name)).flatten();
    let head = known.function.or_else(|| cast.and_then(|cast| field(cast, "declarator")));
    if let Some(cast) = cast {
        symbol.kind = SymbolKind::Method;
        symbol.return_type = field(cast, "type").map(|n| one_line(file.text(n)));
        if declaration.kind() != "function_definition" {
            symbol.metadata.insert("is_declaration".into(), true.into());
        }
    }
    for node in head.into_iter().flat_map(children) {
        match node.kind() {
            "type_qualifier" | "virtual_specifier" | "ref_qualifier" => modifiers.push(file.text(node).into()),
            "noexcept" => modifiers.push("noexcept".into()),
            "trailing_return_type" => {
                symbol.return_type = Some(one_line(file.text(node).trim_start_matches("->").trim()));
            }
            _ => {}
        }
    }
    for node in children(declaration) {
        match node.kind() {
            "default_method_clause" => modifiers.push("default".into()),
            "delete_method_clause" => modifiers.push("delete".into()),
            "pure_virtual_clause" => modifiers.push("pure_virtual".into()),
            _ => {}
        }
    }
    if declaration.kind() == "field_declaration"
        && field(declaration, "default_value").is_some_and(|n| file.text(n) == "0")
    {
        modifiers.push("pure_virtual".into());
    }
    keep(&mut symbol.metadata, "modifiers", modifiers);
}

fn find_cast(name: Node<'_>) -> Option<Node<'_>> {
    let mut at = name;
    for _ in 0..shared::MAX_DEPTH {
        if at.kind() == "operator_cast" {
            return Some(at);
        }
        at = field(at, "name")?;
    }
    None
}

/// Fields, base classes and friends.
fn class(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let node = definition.node;
    let Some(body) = definition.body else { return };
    let section = |member: Node<'_>| Some(place::access(body, member.start_byte(), file).as_str());
    symbol.metadata.insert("fields".into(), declarators::fields(body, file, &section).into());
    let bases: Vec<String> = child(node, "base_class_clause")
        .into_iter()
        .flat_map(named)
        .filter(|n| !matches!(n.kind(), "access_specifier" | "attribute_declaration" | "virtual" | "comment"))
        .map(|n| one_line(file.text(n)))
        .collect();
    keep(&mut symbol.metadata, "base_classes", bases);
    let friends: Vec<String> = named(body)
        .filter(|n| n.kind() == "friend_declaration" && !has(*n, "function_definition"))
        .map(|n| one_line(file.text(n)).trim_start_matches("friend").trim().to_owned())
        .collect();
    keep(&mut symbol.metadata, "friends", friends);
    if let Some(arguments) =
        Some(definition.name).filter(|n| n.kind() == "template_type").and_then(|n| field(n, "arguments"))
    {
        symbol.metadata.insert("specialization".into(), one_line(file.text(arguments)).into());
    }
    if has(node, "virtual_specifier") {
        keep(&mut symbol.metadata, "modifiers", vec!["final"]);
    }
    if let Some(last) = scopes(definition.name, file).last() {
        let outside = symbol.container.take().map(|c| format!("{}::", c.path)).unwrap_or_default();
        symbol.container = Some(Container { path: format!("{outside}{last}"), symbol: None });
    }
}

/// Attributes of types, and macros that stand before them.
fn decorate(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let outer = shared::outer(definition.node);
    symbol.attributes = macros::before(file.text, outer.start_byte());
    symbol.attributes.extend(declarators::attributes(definition.node, file));
    if outer.id() != definition.node.id() {
        symbol.attributes.extend(declarators::attributes(outer, file));
    }
}

/// A method's definition outside of its class is as visible as its declaration there.
fn agree(symbols: &mut [Symbol]) {
    let key = |symbol: &Symbol| symbol.container.as_ref().map(|c| (c.path.clone(), symbol.name.clone()));
    let declared: HashMap<_, _> = symbols
        .iter()
        .filter(|symbol| symbol.kind == SymbolKind::Method && symbol.metadata.contains_key("is_declaration"))
        .filter_map(|symbol| Some((key(symbol)?, symbol.visibility)))
        .collect();
    if declared.is_empty() {
        return;
    }
    for symbol in
        symbols.iter_mut().filter(|s| s.kind == SymbolKind::Method && !s.metadata.contains_key("is_declaration"))
    {
        if let Some(visibility) = key(symbol).and_then(|key| declared.get(&key)) {
            symbol.visibility = *visibility;
        }
    }
}
