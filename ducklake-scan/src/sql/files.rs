//! DuckDB files under names of a session: `ATTACH 'x.duckdb' AS d`, and what statements then name in them.

use std::path::Path;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use duckdb_file::{Database, EntryKind};

use super::names::{Names, Pins, similar};
use super::relations::Relation;
use super::types::quoted;
use super::{AttachOptions, PinnedLakes, Reference};
use crate::duckdb::{AttachedFile, DuckDbFile, DuckDbTable, is_duckdb_file};
use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::session::Session;
use crate::sql::memory::{MEMORY, TEMP};

/// The schema that names without one belong to.
pub(crate) const MAIN: &str = "main";

/// A place in a file that a name may stand for.
struct Place<'a> {
    file: &'a AttachedFile,
    schema: String,
    table: String,
    /// Whether the name can be nothing else.
    certain: bool,
}

impl Names {
    /// The file that is attached under a name.
    pub(crate) fn file(&self, name: &str) -> Option<&AttachedFile> {
        self.files.iter().find(|file| same_name(&file.name, name))
    }

    /// The current file and its current schema, where no lake is current.
    pub(crate) fn current_file(&self) -> Option<(&AttachedFile, &str)> {
        let (name, schema) = self.current.as_ref()?;
        Some((self.file(name)?, schema))
    }

    fn place(&self, parts: &[String]) -> Option<Place<'_>> {
        let place = |file, schema: &str, table: &str, certain| Place {
            file,
            schema: schema.to_string(),
            table: table.to_string(),
            certain,
        };
        match parts {
            [table] => self.current_file().map(|(file, schema)| place(file, schema, table, false)),
            [first, table] => match (self.file(first), self.current_file()) {
                (Some(file), _) => Some(place(file, MAIN, table, true)),
                (None, Some((file, _))) => Some(place(file, first, table, false)),
                (None, None) => None,
            },
            [file, schema, table] => self.file(file).map(|file| place(file, schema, table, true)),
            _ => None,
        }
    }

    /// What is said of a name that leads to a file where a lake is wanted.
    pub(crate) fn no_lake(&self, parts: &[String]) -> Option<LakeError> {
        let file = match parts {
            [_] => self.current_file()?.0,
            [first, _] if !self.attached.iter().any(|lake| same_name(&lake.name, first)) => {
                self.file(first).or_else(|| Some(self.current_file()?.0))?
            }
            [first, ..] => self.file(first)?,
            [] => return None,
        };
        Some(read_only(file))
    }
}

/// What is said of a statement that would change a file.
pub(crate) fn read_only(file: &AttachedFile) -> LakeError {
    LakeError::Usage {
        message: format!("'{}' is a DuckDB file, which is only read", file.name),
        hint: Some("change it with DuckDB, or write to a lake or to memory".into()),
    }
}

impl Session {
    /// Attaches a DuckDB file under a name, to be read.
    ///
    /// # Errors
    /// [`LakeError::Usage`] where the name is taken, [`LakeError::DuckDb`] where the file cannot be read.
    pub async fn attach_duckdb(&self, name: &str, path: impl AsRef<Path>) -> Result<()> {
        let file = DuckDbFile::open(path).await?;
        self.change_names(|names| {
            if let Some(taken) = names.taken(name) {
                return Err(taken);
            }
            names.files.push(AttachedFile { name: name.to_string(), file });
            Ok(())
        })
    }

    /// Attaches what an ATTACH names if that is a DuckDB file; false where it is a lake.
    pub(crate) async fn attach_file(&self, attach: &AttachOptions) -> Result<bool> {
        let kind = attach.kind.as_deref().unwrap_or_default();
        let asked = same_name(kind, "duckdb");
        let path = attach.uri.strip_prefix("duckdb:").filter(|_| asked).unwrap_or(&attach.uri);
        // Without a TYPE the file's bytes decide, as in DuckDB; lakes are named by a prefix or by a kind of catalog.
        let is_file = asked || (kind.is_empty() && is_duckdb_file(path));
        if !is_file {
            return Ok(false);
        }
        if attach.read_write {
            return Err(LakeError::Usage {
                message: format!("'{path}' is a DuckDB file, which is only read"),
                hint: Some("leave READ_WRITE out".into()),
            });
        }
        let name = attach.name.clone().unwrap_or_else(|| stem(path));
        if self.names().taken(&name).is_some() && attach.if_not_exists {
            return Ok(true);
        }
        self.attach_duckdb(&name, path).await?;
        Ok(true)
    }

    /// What a reference names in a file; `None` where it is something else.
    pub(crate) async fn file_relation(&self, pins: &Pins, reference: &Reference) -> Result<Option<Relation>> {
        let names = &pins.names;
        if reference.name.iter().any(|part| same_name(part, "information_schema")) {
            return Ok(None);
        }
        let Some(place) = names.place(&reference.name) else { return Ok(None) };
        let Place { file, schema, table, certain } = place;
        if reference.args.is_some() {
            return match pins.files.database(file).await? {
                database if has_macro(&database, &schema, &table) => Err(LakeError::NotSupported {
                    what: format!("calling '{schema}.{table}', a macro in a DuckDB file,"),
                    hint: Some("write out what it stands for".into()),
                }),
                _ => Ok(None),
            };
        }
        let found = match certain {
            true => Some(pins.files.table(file, &reference.name, &schema, &table).await?),
            false => pins.files.find(file, &schema, &table).await?,
        };
        let Some(found) = found else { return Ok(None) };
        if reference.version.is_some() {
            let message = format!("'{}' is a DuckDB file, which has no snapshots", file.name);
            return Err(LakeError::Usage { message, hint: Some("leave AT out".into()) });
        }
        Ok(Some(Relation::of_file(&file.name, found)))
    }

    /// A table of a file by a name of one to three parts; `None` where the name stands for something else.
    pub(crate) async fn file_table(&self, pins: &Pins, parts: &[String]) -> Result<Option<DuckDbTable>> {
        let Some(place) = pins.names.place(parts) else { return Ok(None) };
        match place.certain {
            true => pins.files.table(place.file, parts, &place.schema, &place.table).await.map(Some),
            false => pins.files.find(place.file, &place.schema, &place.table).await,
        }
    }

    /// `USE file`, `USE file.schema`, `USE schema` in one; false where the names are something else.
    pub(crate) async fn use_file(&self, names: &Names, parts: &[String]) -> Result<bool> {
        let is_lake = |name: &str| names.attached.iter().any(|lake| same_name(&lake.name, name));
        let (file, schema) = match parts {
            [one] if is_lake(one) || same_name(one, MEMORY) => return Ok(false),
            [one] => match (names.file(one), names.current_file()) {
                (Some(file), _) => (file, MAIN),
                (None, Some((file, _))) => (file, one.as_str()),
                (None, None) => return Ok(false),
            },
            [file, schema] => match names.file(file) {
                Some(file) => (file, schema.as_str()),
                None => return Ok(false),
            },
            _ => return Ok(false),
        };
        let database = file.file.database().await?;
        let Some(schema) = database.schemas().find(|known| same_name(known, schema)) else {
            let suggestions = similar(schema, database.schemas());
            return Err(LakeError::UnknownName { what: "database or schema", name: schema.to_string(), suggestions });
        };
        let current = (file.name.clone(), schema.to_string());
        self.change_names(|names| {
            names.current = Some(current);
            names.is_implicit = false;
        });
        Ok(true)
    }

    /// All tables of all files, for `information_schema`.
    pub(crate) async fn pin_files(&self, pins: &Pins, catalogs: &mut PinnedLakes) -> Result<()> {
        for file in &pins.names.files {
            let database = pins.files.database(file).await?;
            database.schemas().for_each(|schema| catalogs.add_schema(&file.name, schema));
            for table in database.tables() {
                let table = DuckDbTable::new(file.file.path(), table.clone());
                let name = [file.name.clone(), table.schema_name(), table.name().to_string()];
                catalogs.add(&name, Arc::new(table));
            }
        }
        Ok(())
    }
}

impl Relation {
    fn of_file(name: &str, table: DuckDbTable) -> Self {
        let full_name = [name.to_string(), table.schema_name(), table.name().to_string()];
        let columns = table.schema().fields().iter().map(|field| field.name().clone()).collect();
        Self::with_columns(Arc::new(table), full_name, columns)
    }
}

fn has_macro(database: &Database, schema: &str, name: &str) -> bool {
    let is_macro = |kind| matches!(kind, EntryKind::ScalarMacro | EntryKind::TableMacro);
    let mut others = database.others();
    others.any(|entry| is_macro(entry.kind) && same_name(&entry.schema, schema) && same_name(&entry.name, name))
}

/// The name of a file that is attached without one.
fn stem(path: &str) -> String {
    let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    match stem {
        "" => "database".to_string(),
        // DuckDB keeps these for itself as well.
        taken if same_name(taken, MEMORY) || same_name(taken, TEMP) => format!("{taken}_"),
        stem => stem.to_string(),
    }
}

/// A table or view in listings: database, schema, name, names and types of its columns.
pub(crate) type ListedTable = (String, String, String, Vec<(String, String)>);

/// The tables and views of a file.
pub(crate) fn listed_tables<'a>(
    file: &'a AttachedFile,
    database: &'a Database,
) -> impl Iterator<Item = ListedTable> + 'a {
    let tables = database.tables().map(|table| {
        let columns = table.columns().iter().map(|column| (column.name.clone(), column.logical_type.to_string()));
        (file.name.clone(), table.schema_name(), table.name().to_string(), columns.collect())
    });
    let views = database.others().filter(|entry| entry.kind == EntryKind::View);
    tables.chain(views.map(|view| (file.name.clone(), view.schema.clone(), view.name.clone(), Vec::new())))
}

/// A table as a statement of DuckDB's would make it.
pub(crate) fn create_table(table: &DuckDbTable) -> String {
    let columns: Vec<_> = table.column_types().map(|(name, kind)| format!("{} {kind}", quoted(name))).collect();
    let name = quoted(table.name());
    match table.schema_name() {
        schema if schema == MAIN => format!("CREATE TABLE {name}({});", columns.join(", ")),
        schema => format!("CREATE TABLE {}.{name}({});", quoted(&schema), columns.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        assert_eq!(stem("/a/sales.2024.duckdb"), "sales.2024");
        assert_eq!(stem("x"), "x");
        assert_eq!(stem(""), "database");
        assert_eq!(stem("memory.db"), "memory_");
    }
}
