//! Macros of lakes: their stored text is put in the place of the call before a statement is planned.

mod calls;
mod choose;
mod expand;
mod load;
mod substitute;
mod values;

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::Statement;

use super::names::Pins;
use crate::error::Result;
use crate::lake::{LakeView, SnapshotSelector, same_name};

pub(crate) use calls::{Calls, called};
pub(crate) use choose::{casts, is_same, static_type};
pub(crate) use substitute::{parse_query as parse_body, with_nulls};

/// Puts the macros of the attached lakes in the places of their calls, as their snapshots have them. The macros of a
/// lake belong to its names: no more of the catalog is read than for a table of it.
///
/// Macros come before functions of the same name, if the user chose the lake that is in use; `known` are the functions
/// that there are without macros.
///
/// # Errors
/// Calls that no form of a macro takes, macros without end, text that cannot be read.
pub(crate) async fn expand(pins: &mut Pins, statement: &mut Statement, known: impl Fn(&str) -> bool) -> Result<()> {
    let calls = called(statement);
    let is_known = |name: &[String]| name.last().is_some_and(|name| known(&name.to_lowercase()));
    if calls.names.is_empty() || (pins.names.is_implicit && calls.names.iter().all(|name| is_known(name))) {
        return Ok(());
    }
    let mut views = Vec::new();
    let named = lakes_named(pins, &calls);
    for index in &named {
        views.extend(view(pins, *index).await?);
    }
    if !views.iter().any(|(_, view)| has_called(view, &calls)) {
        return Ok(());
    }
    // What macros call may be in any lake.
    for index in (0..pins.names.attached.len()).filter(|index| !named.contains(index)) {
        views.extend(view(pins, index).await?);
    }
    let macros = views.iter().flat_map(|(lake, view)| load::macros(lake, view)).collect();
    expand::expand(&pins.names, macros, statement)
}

/// Whether a lake has macros of a called name, in one schema or another.
fn has_called(view: &LakeView, calls: &Calls) -> bool {
    let called = |name: &str| calls.names.iter().filter_map(|parts| parts.last()).any(|last| same_name(last, name));
    view.names.macros.iter().any(|m| called(&m.name))
}

/// The lakes, by their places among those attached, that calls can mean.
fn lakes_named(pins: &Pins, calls: &Calls) -> BTreeSet<usize> {
    let place = |lake: &str| pins.names.attached.iter().position(|a| same_name(&a.name, lake));
    let current = pins.names.current.as_ref().and_then(|(lake, _)| place(lake));
    let qualifiers = calls.names.iter().filter(|name| name.len() > 1).filter_map(|name| place(&name[0]));
    qualifiers.chain(current).collect()
}

/// A lake's name and what is seen of it.
async fn view(pins: &mut Pins, index: usize) -> Result<Option<(String, LakeView)>> {
    let Some(attached) = pins.names.attached.get(index).cloned() else { return Ok(None) };
    let view = pins.view(&attached, &SnapshotSelector::Latest).await?;
    Ok(Some((attached.name, view)))
}
