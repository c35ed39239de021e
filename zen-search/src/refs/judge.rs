//! What a written name may mean.

use serde::{Deserialize, Serialize};
use zen_indexer::model::{ApiSymbol, SymbolRef};

use crate::hit::Metadata;
use crate::name::{NameQuery, path};

/// How sure it is what a written name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// It was resolved when the package was indexed.
    Certain,
    /// It is written with what the symbol is in, or nothing has to be written there.
    Likely,
    /// It has the name, and may be another's: a method of a value whose type is not written.
    Possible,
}

/// Whether a written name may mean one of the targets, or what was asked for where there is none.
pub(super) fn judge(row: &SymbolRef, targets: &[ApiSymbol], asked: Option<&NameQuery>) -> Option<Certainty> {
    let mut written = path(row.to_name.trim_end_matches(['!', '?']));
    let last = written.pop()?;
    let same = |name: &str| name.trim_end_matches(['!', '?']) == last;
    let by_asked = asked.filter(|name| same(&name.last)).map(|name| match (&name.around[..], &written[..]) {
        ([.., wanted], [.., around]) if wanted == around => Certainty::Likely,
        ([], _) => Certainty::Likely,
        _ => Certainty::Possible,
    });
    let by_target = targets.iter().filter(|target| same(&target.name)).filter_map(|target| {
        let container = Metadata::read(&target.metadata).container.and_then(|container| path(&container).pop());
        match (container, written.last()) {
            (Some(container), Some(around)) if container == *around => Some(Certainty::Likely),
            // A free function is called by its name, or by that of its module or package.
            (None, None) => Some(Certainty::Likely),
            (None, Some(around)) => {
                let is_near = *around == target.package || target.file_path.contains(around.as_str());
                Some(if is_near { Certainty::Likely } else { Certainty::Possible })
            }
            // A method of a value, or another type's.
            (Some(_), Some(around)) => {
                let is_value = around.starts_with(|c: char| c.is_lowercase() || c == '_' || c == '$');
                is_value.then_some(Certainty::Possible)
            }
            (Some(_), None) => Some(Certainty::Possible),
        }
    });
    by_target.chain(by_asked).min()
}

#[cfg(test)]
mod tests {
    use super::{Certainty, judge};
    use crate::name::NameQuery;
    use zen_indexer::model::{ApiSymbol, SymbolRef};

    fn target(name: &str, container: Option<&str>) -> ApiSymbol {
        let metadata = container.map_or_else(|| "{}".to_owned(), |c| format!(r#"{{"container": "{c}"}}"#));
        ApiSymbol {
            id: "0".into(),
            ecosystem: "rust".into(),
            package: "tokio".into(),
            version: "1.40.0".into(),
            file_path: "src/task/spawn.rs".into(),
            kind: "method".into(),
            name: name.into(),
            signature: String::new(),
            doc_comment: None,
            line_start: 1,
            line_end: 1,
            visibility: "public".into(),
            is_async: false,
            is_unsafe: false,
            return_type: None,
            generics: None,
            attributes: "[]".into(),
            metadata,
            embedding: None,
        }
    }

    fn written(name: &str) -> SymbolRef {
        SymbolRef {
            ecosystem: "rust".into(),
            package: "other".into(),
            version: "1.0.0".into(),
            from_id: None,
            to_id: None,
            to_name: name.into(),
            relation: "calls".into(),
            file_path: "src/lib.rs".into(),
            line: 1,
        }
    }

    #[test]
    fn names_mean_symbols_more_or_less_surely() {
        let of = |name: &str, target: ApiSymbol| judge(&written(name), &[target], None);
        assert_eq!(of("HashMap::insert", target("insert", Some("map::HashMap"))), Some(Certainty::Likely));
        assert_eq!(of("map.insert", target("insert", Some("HashMap"))), Some(Certainty::Possible));
        assert_eq!(of("BTreeMap::insert", target("insert", Some("HashMap"))), None);
        assert_eq!(of("tokio::spawn", target("spawn", None)), Some(Certainty::Likely));
        assert_eq!(of("task::spawn", target("spawn", None)), Some(Certainty::Likely));
        assert_eq!(of("std::thread::spawn", target("spawn", None)), Some(Certainty::Possible));
        assert_eq!(of("respawn", target("spawn", None)), None);
        assert_eq!(of("spawn!", target("spawn", None)), Some(Certainty::Likely));
    }

    #[test]
    fn what_is_not_indexed_is_found_by_name() {
        let asked = NameQuery::read("HashMap::insert");
        let of = |name: &str| judge(&written(name), &[], asked.as_ref());
        assert_eq!(of("HashMap::insert"), Some(Certainty::Likely));
        assert_eq!(of("map.insert"), Some(Certainty::Possible));
        assert_eq!(of("remove"), None);
    }
}
