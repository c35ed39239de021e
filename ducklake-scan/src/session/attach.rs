//! ATTACH and USE.

use ducklake_catalog::{CatalogError, FailureKind};
use ducklake_transact::SessionSettings;

use crate::error::{LakeError, Result};
use crate::lake::{CreateLake, Lake, LakeOptions, SnapshotSelector, same_name, timestamp_micros};
use crate::sql::AttachOptions;
use crate::sql::memory::MEMORY;
use crate::sql::names::{Names, similar};

use super::*;

impl Session {
    pub(super) async fn attach_statement(&self, attach: AttachOptions) -> Result<()> {
        if self.attach_file(&attach).await? {
            return Ok(());
        }
        let name = match &attach.name {
            Some(name) => name.clone(),
            None => default_name(&attach.uri),
        };
        if let Some(taken) = self.names().taken(&name) {
            return if attach.if_not_exists { Ok(()) } else { Err(taken) };
        }
        let snapshot = match (attach.snapshot_version, &attach.snapshot_time) {
            (Some(_), Some(_)) => {
                return Err(LakeError::usage("SNAPSHOT_VERSION and SNAPSHOT_TIME cannot both be given"));
            }
            (Some(version), None) => SnapshotSelector::Version(version),
            (None, Some(time)) => SnapshotSelector::Timestamp(timestamp_micros(time)?),
            (None, None) => SnapshotSelector::Latest,
        };
        let options = LakeOptions {
            data_path: attach.data_path.clone().filter(|_| attach.override_data_path),
            metadata_schema: attach.metadata_schema.clone(),
            snapshot,
            storage: self.defaults.storage.clone(),
            read_only: attach.read_only,
            busy_timeout: attach.busy_timeout.or(self.defaults.busy_timeout),
            search: self.defaults.search.clone(),
            settings: SessionSettings {
                attach_inlining_limit: attach.inlining_limit.or(self.defaults.settings.attach_inlining_limit),
                attach_deletion_vectors: attach.deletion_vectors.or(self.defaults.settings.attach_deletion_vectors),
                ..self.settings()
            },
        };
        let lake = self.open_or_create(&attach, options).await?;
        if let Some(path) = attach.data_path.filter(|_| !attach.override_data_path) {
            lake.check_data_path(&path)?;
        }
        if let Some(encrypted) = attach.encrypted
            && encrypted != lake.catalog().metadata().encrypted
        {
            let is = if encrypted { "is not encrypted" } else { "is encrypted" };
            return Err(LakeError::usage(format!("the lake {is}, unlike ENCRYPTED says")));
        }
        let is_first = self.names().current.is_none();
        self.attach(&name, lake).await?;
        if is_first {
            self.change_names(|names| names.is_implicit = true);
        }
        if let Some(metadata) = attach.metadata_catalog {
            self.change_names(|names| {
                names.metadata.retain(|(catalog, _)| !same_name(catalog, &metadata));
                names.metadata.push((metadata, name));
            });
        }
        Ok(())
    }

    /// ATTACH makes a lake that does not exist, unless it is told not to.
    pub(super) async fn open_or_create(&self, attach: &AttachOptions, options: LakeOptions) -> Result<Lake> {
        let may_create = attach.create_if_not_exists.unwrap_or(!attach.read_only)
            && !attach.read_only
            && options.snapshot == SnapshotSelector::Latest;
        match Lake::open(&attach.uri, options.clone()).await {
            Err(LakeError::Catalog(error)) if may_create && is_absent(&error) => {
                let Some(data_path) = &attach.data_path else {
                    return Err(LakeError::Usage {
                        message: format!("{error}, and a new lake needs a data path"),
                        hint: Some("add (DATA_PATH 'folder/') to create it".into()),
                    });
                };
                let create = CreateLake { data_path: data_path.clone(), encrypted: attach.encrypted.unwrap_or(false) };
                // The path given is the lake's own now.
                Lake::create(&attach.uri, &create, LakeOptions { data_path: None, ..options }).await
            }
            other => other,
        }
    }

    pub(super) async fn use_statement(&self, parts: &[String]) -> Result<()> {
        let names = self.names();
        let attached = |name: &str| names.attached.iter().find(|a| same_name(&a.name, name));
        if self.use_memory(&names, parts) || self.use_file(&names, parts).await? {
            return Ok(());
        }
        let (lake, schema) = match parts {
            [one] => match (attached(one), &names.current) {
                (Some(lake), _) => (lake, "main"),
                (None, Some((current, _))) => match attached(current) {
                    Some(lake) => (lake, one.as_str()),
                    None => return Err(self.unknown_lake(one)),
                },
                (None, None) => return Err(self.unknown_lake(one)),
            },
            [lake, schema] => (attached(lake).ok_or_else(|| self.unknown_lake(lake))?, schema.as_str()),
            _ => return Err(LakeError::usage("USE takes a lake, a schema, or lake.schema")),
        };
        let view = self.view(lake).await?;
        let Some(schema) = view.schema(schema) else {
            return Err(LakeError::UnknownName {
                what: "lake or schema",
                name: schema.to_string(),
                suggestions: similar(schema, view.names.schemas.iter().map(|s| s.name.as_str())),
            });
        };
        self.change_names(|n| {
            n.current = Some((lake.name.clone(), schema.name.clone()));
            n.is_implicit = false;
        });
        Ok(())
    }

    /// `USE memory`, `USE memory.schema`, `USE schema` in it; false where the names are something else.
    pub(super) fn use_memory(&self, names: &Names, parts: &[String]) -> bool {
        let is_lake =
            |name: &str| names.attached.iter().any(|a| same_name(&a.name, name)) || names.file(name).is_some();
        let memory = &self.local.memory;
        let schema = match parts {
            [one] if is_lake(one) => return false,
            [one] if same_name(one, MEMORY) => "main",
            [one] if names.current.is_some() && names.memory_schema().is_some() && memory.has_schema(one) => one,
            [first, schema] if same_name(first, MEMORY) && memory.has_schema(schema) => schema,
            _ => return false,
        };
        self.change_names(|n| {
            n.current = Some((MEMORY.to_string(), schema.to_string()));
            n.is_implicit = false;
        });
        true
    }

    pub(super) fn unknown_lake(&self, name: &str) -> LakeError {
        self.names().unknown_lake(name)
    }
}

/// Whether there is no lake, but could be one.
fn is_absent(error: &CatalogError) -> bool {
    match error.kind() {
        FailureKind::NotFound => true,
        // A database without a catalog, or an empty file; not one of another kind.
        FailureKind::NotALake => error.is_empty_place(),
        _ => false,
    }
}

/// The name of a lake attached without one: the last part of its URI without the suffix.
fn default_name(uri: &str) -> String {
    let end = uri.rsplit(['/', '\\', ':']).next().unwrap_or(uri);
    let stem = end.split('.').next().unwrap_or(end);
    let name: String = stem.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.is_empty() { "lake".to_string() } else { name }
}
