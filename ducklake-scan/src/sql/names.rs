//! What names stand for: lakes, schemas and tables at snapshots that are looked up once for a statement.

use std::collections::HashSet;

use crate::duckdb::{AttachedFile, FilePins};
use crate::error::{LakeError, Result};
use crate::lake::{Lake, LakeView, SnapshotSelector, same_name};
use crate::sql::files::read_only;
use crate::sql::memory::MEMORY;
use crate::sql::metadata::PREFIX;
use crate::sql::types::quoted;
use crate::write::OpenTransactions;

/// A lake under its name.
#[derive(Debug, Clone)]
pub(crate) struct Attached {
    pub(crate) name: String,
    pub(crate) lake: Lake,
}

/// What a session has attached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) attached: Vec<Attached>,
    /// DuckDB files.
    pub(crate) files: Vec<AttachedFile>,
    /// Lake and schema that names without a qualifier belong to.
    pub(crate) current: Option<(String, String)>,
    /// Whether nobody chose the current lake: it is the one that ATTACH opened first. Tables are then made in memory, as
    /// in DuckDB, while what is in the lake is found.
    pub(crate) is_implicit: bool,
    /// Metadata catalogs with names of their own (METADATA_CATALOG), and the lakes they belong to.
    pub(crate) metadata: Vec<(String, String)>,
}

impl Names {
    /// The lake whose metadata catalog has this name.
    pub(crate) fn metadata_of(&self, name: &str) -> Option<&Attached> {
        let named = self.metadata.iter().find(|(n, _)| same_name(n, name)).map(|(_, lake)| lake.as_str());
        let prefix = name.get(..PREFIX.len()).filter(|start| same_name(start, PREFIX));
        let lake = named.or_else(|| prefix.and_then(|_| name.get(PREFIX.len()..)))?;
        self.attached.iter().find(|a| same_name(&a.name, lake))
    }

    /// The current schema of the session's own tables, where no lake is current.
    pub(crate) fn memory_schema(&self) -> Option<&str> {
        match &self.current {
            None => Some("main"),
            Some(_) if self.is_implicit => Some("main"),
            Some((catalog, schema)) => same_name(catalog, MEMORY).then_some(schema.as_str()),
        }
    }

    /// What is said of a name that is in use.
    pub(crate) fn taken(&self, name: &str) -> Option<LakeError> {
        let is_lake = self.attached.iter().any(|lake| same_name(&lake.name, name));
        match (is_lake, self.file(name)) {
            (true, _) => Some(LakeError::usage(format!("a lake named '{name}' is attached already"))),
            (false, Some(_)) => Some(LakeError::usage(format!("a DuckDB file named '{name}' is attached already"))),
            (false, None) => None,
        }
    }

    /// What is said where a lake of that name is needed.
    pub(crate) fn unknown_lake(&self, name: &str) -> LakeError {
        if let Some(file) = self.file(name) {
            return read_only(file);
        }
        let suggestions = similar(name, self.attached.iter().map(|a| a.name.as_str()));
        LakeError::UnknownName { what: "lake", name: name.to_string(), suggestions }
    }
}

/// Views of lakes, each looked up once for a statement.
pub(crate) struct Pins {
    pub(crate) names: Names,
    /// DuckDB files, each looked up once.
    pub(crate) files: FilePins,
    pinned: Vec<(String, SnapshotSelector, LakeView)>,
    open: OpenTransactions,
}

impl Pins {
    pub(crate) fn new(names: Names) -> Self {
        Self { names, files: FilePins::default(), pinned: Vec::new(), open: OpenTransactions::default() }
    }

    /// Lakes are seen as a transaction sees them, where one is open.
    pub(crate) fn in_transaction(mut self, open: OpenTransactions) -> Self {
        self.open = open;
        self
    }

    /// Files are seen as they were for these.
    pub(crate) fn with_files(mut self, files: FilePins) -> Self {
        self.files = files;
        self
    }

    pub(crate) fn pin(&mut self, attached: &Attached, view: LakeView) {
        self.pinned.push((attached.name.clone(), SnapshotSelector::Latest, view));
    }

    pub(crate) async fn view(&mut self, attached: &Attached, selector: &SnapshotSelector) -> Result<LakeView> {
        if let Some((_, _, view)) = self.pinned.iter().find(|(name, s, _)| *name == attached.name && s == selector) {
            return Ok(view.clone());
        }
        let own = match selector {
            SnapshotSelector::Latest => self.open.view(attached).await?,
            _ => None,
        };
        let view = match own {
            Some(view) => view,
            None => attached.lake.view(selector).await?,
        };
        self.pinned.push((attached.name.clone(), selector.clone(), view.clone()));
        Ok(view)
    }

    /// Lake, view, schema and table that a name of one to three parts stands for. `a.b` is a schema of the current lake,
    /// or else a table in a lake's main schema.
    pub(crate) async fn locate(
        &mut self,
        parts: &[String],
        selector: &SnapshotSelector,
    ) -> Result<(Attached, LakeView, String, String)> {
        let names = self.names.clone();
        let attached = |name: &str| names.attached.iter().find(|a| same_name(&a.name, name)).cloned();
        let current = names.current.as_ref().and_then(|(lake, schema)| Some((attached(lake)?, schema.clone())));
        let no_lake = || LakeError::Usage {
            message: format!("'{}' names no table: no lake is attached", parts.join(".")),
            hint: Some("open one with --lake URI, or ATTACH 'ducklake:sqlite:meta.sqlite' AS lake".into()),
        };
        // What is in a file was found before: here somebody wants a lake.
        if let Some(error) = names.no_lake(parts) {
            return Err(error);
        }
        match parts {
            [table] => {
                let (lake, schema) = current.ok_or_else(no_lake)?;
                let view = self.view(&lake, selector).await?;
                Ok((lake, view, schema, table.clone()))
            }
            [first, table] => {
                if let Some((lake, _)) = current {
                    let view = self.view(&lake, selector).await?;
                    if let Some(schema) = view.schema(first) {
                        let schema = schema.name.clone();
                        return Ok((lake, view, schema, table.clone()));
                    }
                }
                let Some(lake) = attached(first) else {
                    let known = names.attached.iter().map(|a| a.name.as_str());
                    return Err(LakeError::UnknownName {
                        what: "lake or schema",
                        name: first.clone(),
                        suggestions: similar(first, known),
                    });
                };
                let view = self.view(&lake, selector).await?;
                Ok((lake, view, "main".to_string(), table.clone()))
            }
            [lake, schema, table] => {
                let suggestions = similar(lake, names.attached.iter().map(|a| a.name.as_str()));
                let found = attached(lake).ok_or_else(|| LakeError::UnknownName {
                    what: "lake",
                    name: lake.clone(),
                    suggestions,
                })?;
                let view = self.view(&found, selector).await?;
                let schema = match view.schema(schema) {
                    Some(row) => row.name.clone(),
                    None => {
                        let known = view.names.schemas.iter().map(|s| s.name.as_str());
                        let suggestions = similar(schema, known);
                        return Err(LakeError::UnknownName { what: "schema", name: schema.clone(), suggestions });
                    }
                };
                Ok((found, view, schema, table.clone()))
            }
            _ => Err(LakeError::usage(format!("'{}' has too many parts for a table's name", parts.join(".")))),
        }
    }
}

pub(crate) fn unknown_table(view: &LakeView, asked: &str, schema: &str, name: &str) -> LakeError {
    let own = view.schema(schema).map(|s| s.schema_id);
    let mut suggestions =
        similar(name, view.names.tables.iter().filter(|t| Some(t.schema_id) == own).map(|t| t.name.as_str()));
    // The same name in another schema is the likeliest of all.
    for table in view.names.tables.iter().filter(|t| same_name(&t.name, name)) {
        if let Some(other) = view.names.schemas.iter().find(|s| s.schema_id == table.schema_id) {
            suggestions.insert(0, format!("{}.{}", quoted(&other.name), quoted(&table.name)));
        }
    }
    suggestions.truncate(3);
    let at = if view.snapshot.id == view.head { String::new() } else { format!(" at snapshot {}", view.snapshot.id) };
    LakeError::UnknownTable { name: asked.to_string(), place: format!(" in schema '{schema}'{at}"), suggestions }
}

/// The names that are most like one, at most three.
pub(crate) fn similar<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let lower = name.to_lowercase();
    let likeness = |k: &str| {
        let k = k.to_lowercase();
        // A prefix typed right counts much, and so does a single slip in a short name.
        let slip = strsim::damerau_levenshtein(&lower, &k) <= 1 && lower.chars().count() > 2;
        if slip { 1.0 } else { strsim::jaro_winkler(&lower, &k) }
    };
    let mut scored: Vec<(f64, &str)> = known.map(|k| (likeness(k), k)).collect();
    scored.retain(|(score, _)| *score > 0.8);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut seen = HashSet::new();
    scored.into_iter().map(|(_, k)| k.to_string()).filter(|k| seen.insert(k.clone())).take(3).collect()
}
