//! What a module exports, and under which heading.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tree_sitter::Node;

use super::own_name;
use crate::nodes::{child, children, field, named};
use crate::rules::File;

/// Which constructors, fields and methods are exported with a type.
pub(super) enum Parts {
    All,
    Some(Vec<String>),
}

/// The export list.
#[derive(Default)]
pub(super) struct Exports {
    /// Without a list, or with the module itself in it, everything is exported.
    pub(super) everything: bool,
    values: HashMap<String, Option<String>>,
    types: HashMap<String, (Parts, Option<String>)>,
    pub(super) headings: Vec<String>,
}

thread_local! {
    /// That of the file at hand.
    static EXPORTS: RefCell<Option<Rc<Exports>>> = const { RefCell::new(None) };
}

/// Forgets the file at hand.
pub(super) fn forget() {
    EXPORTS.set(None);
}

/// The exports of the file at hand.
pub(super) fn of(file: &File<'_>) -> Rc<Exports> {
    EXPORTS.with_borrow_mut(|known| Rc::clone(known.get_or_insert_with(|| Rc::new(read(file)))))
}

impl Exports {
    pub(super) fn has_value(&self, name: &str) -> bool {
        self.everything || self.values.contains_key(name)
    }

    pub(super) fn has_type(&self, name: &str) -> bool {
        self.everything || self.types.contains_key(name)
    }

    /// Whether a constructor, field or method of a type is exported.
    pub(super) fn has_part(&self, of: &str, name: &str) -> bool {
        let with_type = self.types.get(of).is_some_and(|(parts, _)| match parts {
            Parts::All => true,
            Parts::Some(list) => list.iter().any(|part| part == name),
        });
        with_type || self.has_value(name)
    }

    /// The heading in the export list that stands above a name.
    pub(super) fn heading(&self, name: &str) -> Option<&str> {
        let heading = self.values.get(name).or_else(|| self.types.get(name).map(|(_, heading)| heading));
        heading?.as_deref()
    }
}

fn read(file: &File<'_>) -> Exports {
    let mut out = Exports::default();
    let header = child(file.root, "header");
    let Some(list) = header.and_then(|header| field(header, "exports")) else {
        out.everything = true;
        return out;
    };
    let own = header.and_then(|header| field(header, "module")).map(|n| file.text(n));
    let mut heading: Option<String> = None;
    for node in children(list) {
        match node.kind() {
            "comment" | "haddock" => {
                let text = file.text(node).trim_start_matches('-').trim();
                let title = text.trim_start_matches('*');
                if title.len() < text.len() {
                    let title = title.lines().next().unwrap_or_default().trim().to_owned();
                    out.headings.push(title.clone());
                    heading = Some(title);
                }
            }
            "module_export" => {
                out.everything |= field(node, "module").is_some_and(|n| Some(file.text(n)) == own);
            }
            "export" => export(node, file, heading.as_ref(), &mut out),
            _ => {}
        }
    }
    out
}

fn export(node: Node<'_>, file: &File<'_>, heading: Option<&String>, out: &mut Exports) {
    if let Some(value) = field(node, "variable").or_else(|| field(node, "operator")) {
        out.values.insert(own_name(value, file), heading.cloned());
        return;
    }
    let Some(of) = field(node, "type") else { return };
    let name = own_name(of, file);
    if field(node, "namespace").is_some_and(|n| file.text(n) == "pattern") {
        out.values.insert(name, heading.cloned());
        return;
    }
    let parts = match field(node, "children") {
        Some(list) if named(list).any(|n| n.kind() == "all_names") => Parts::All,
        Some(list) => Parts::Some(named(list).map(|n| own_name(n, file)).collect()),
        None => Parts::Some(Vec::new()),
    };
    out.types.insert(name, (parts, heading.cloned()));
}
