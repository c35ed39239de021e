//! Where a declaration stands: in which class section, in which namespaces.

use std::cell::RefCell;
use std::collections::HashMap;

use tree_sitter::Node;

use crate::languages::c::shared::MAX_DEPTH;
use crate::nodes::{children, field};
use crate::rules::File;
use crate::symbol::Visibility;

/// What is around a declaration.
#[derive(Default)]
pub(super) struct Place<'t> {
    /// Within a function.
    pub(super) is_local: bool,
    /// The class directly around.
    pub(super) class: Option<Node<'t>>,
    /// Whether the declaration is a friend of that class, and not its member.
    pub(super) is_friend: bool,
    /// As classes and namespaces around have it, the narrowest of all.
    pub(super) visibility: Option<Visibility>,
}

type Sections = Vec<(usize, Visibility)>;

thread_local! {
    /// Sections of the classes of the file at hand, by the class body's node.
    static SECTIONS: RefCell<HashMap<usize, Sections>> = RefCell::new(HashMap::new());
}

/// Forgets the file at hand.
pub(super) fn forget() {
    SECTIONS.with_borrow_mut(HashMap::clear);
}

/// Looks at everything around `node`.
pub(super) fn place<'t>(node: Node<'t>, file: &File<'_>) -> Place<'t> {
    let mut place = Place::default();
    let mut is_inner = true;
    let mut at = node;
    for _ in 0..MAX_DEPTH {
        let Some(parent) = at.parent() else { return place };
        match parent.kind() {
            "compound_statement" | "lambda_expression" | "parameter_list" => place.is_local = true,
            "friend_declaration" => place.is_friend = true,
            "field_declaration_list" => {
                if is_inner {
                    place.class = parent.parent();
                }
                is_inner = false;
                if !place.is_friend {
                    narrow(&mut place, access(parent, node.start_byte(), file));
                }
            }
            "namespace_definition" => {
                is_inner = false;
                match field(parent, "name").map(|name| file.text(name)) {
                    None => narrow(&mut place, Visibility::Private),
                    Some(name) if is_inside(name) => narrow(&mut place, Visibility::Internal),
                    Some(_) => {}
                }
            }
            _ => {}
        }
        at = parent;
    }
    // So deep that nobody wrote it.
    place.is_local = true;
    place
}

fn narrow(place: &mut Place<'_>, visibility: Visibility) {
    // From public to private.
    place.visibility = Some(place.visibility.map_or(visibility, |known| known.max(visibility)));
}

/// Namespaces that by convention are nobody else's business.
fn is_inside(name: &str) -> bool {
    name.split("::").any(|part| {
        matches!(
            part.trim(),
            "detail" | "details" | "internal" | "impl" | "private_" | "_impl" | "__detail" | "_detail"
        ) || part.trim().ends_with("_internal")
            || part.trim().ends_with("_detail")
    })
}

/// The section of a class body that a place in it belongs to.
pub(super) fn access(list: Node<'_>, at: usize, file: &File<'_>) -> Visibility {
    SECTIONS.with_borrow_mut(|known| {
        let sections = known.entry(list.id()).or_insert_with(|| sections(list, file));
        let after = sections.partition_point(|(start, _)| *start <= at);
        after.checked_sub(1).and_then(|i| sections.get(i)).map_or(Visibility::Public, |(_, visibility)| *visibility)
    })
}

fn sections(list: Node<'_>, file: &File<'_>) -> Sections {
    let is_class = list.parent().is_some_and(|class| class.kind() == "class_specifier");
    let mut found = vec![(0, if is_class { Visibility::Private } else { Visibility::Public })];
    for node in children(list).filter(|n| n.kind() == "access_specifier") {
        let visibility = match file.text(node).split_whitespace().next() {
            Some("public") => Visibility::Public,
            Some("protected") => Visibility::Protected,
            _ => Visibility::Private,
        };
        found.push((node.start_byte(), visibility));
    }
    found
}
