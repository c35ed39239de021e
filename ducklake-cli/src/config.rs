//! Which lake, from the command line, the environment or a profile in `ducklake.toml`.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::args::LakeArgs;
use crate::error::CliError;

/// Name of the file that holds profiles.
const FILE_NAME: &str = "ducklake.toml";
/// The profile that is used when none is named.
const DEFAULT_PROFILE: &str = "default";
/// The variable that names a lake.
const LAKE_VARIABLE: &str = "DUCKLAKE_URI";

/// A lake to open and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LakeSettings {
    /// The catalog's connection string; absent if none is configured.
    pub(crate) uri: Option<String>,
    /// Overrides the recorded data path.
    pub(crate) data_path: Option<String>,
    /// Schema of the metadata tables.
    pub(crate) metadata_schema: Option<String>,
    /// The snapshot that everything is read at.
    pub(crate) snapshot: Snapshot,
    /// Settings of the object store.
    pub(crate) storage: StorageSection,
    /// Whether changes are refused.
    pub(crate) read_only: bool,
    /// Memory for queries, as given.
    pub(crate) memory: Option<String>,
    /// Threads of queries.
    pub(crate) threads: Option<u16>,
}

/// A choice of snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Snapshot {
    /// The newest.
    #[default]
    Latest,
    /// The one with this id.
    Version(i64),
    /// The newest at this time.
    Time(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    lake: Option<String>,
    data_path: Option<String>,
    metadata_schema: Option<String>,
    snapshot: Option<i64>,
    as_of: Option<String>,
    #[serde(default)]
    storage: StorageSection,
}

/// The `storage` section of a profile.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageSection {
    /// Endpoint URL.
    pub(crate) endpoint: Option<String>,
    /// Region.
    pub(crate) region: Option<String>,
    /// Access key id.
    pub(crate) access_key_id: Option<String>,
    /// Secret access key.
    pub(crate) secret_access_key: Option<String>,
    /// Session token.
    pub(crate) session_token: Option<String>,
    /// Cloudflare account, for R2.
    pub(crate) account_id: Option<String>,
    /// Whether the bucket is part of the host name.
    #[serde(default)]
    pub(crate) virtual_host_style: bool,
}

impl std::fmt::Debug for StorageSection {
    /// Without secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorageSection").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl LakeSettings {
    /// Puts together what `args`, the environment and `ducklake.toml` say.
    ///
    /// `--lake` or, without `--profile`, `DUCKLAKE_URI` names the lake, and then a profile counts only if it is asked
    /// for; otherwise the profile names it. Single options on the command line win over the profile's.
    ///
    /// # Errors
    /// For a profile that is not there, and a `ducklake.toml` that cannot be understood.
    pub(crate) fn resolve(args: &LakeArgs) -> Result<Self, CliError> {
        let variable = env::var(LAKE_VARIABLE).ok().filter(|uri| !uri.is_empty());
        let named = args.lake.clone().or_else(|| variable.clone().filter(|_| args.profile.is_none()));
        let profile = match (&args.profile, &named) {
            (None, Some(_)) => Profile::default(),
            (name, _) => find_profile(name.as_deref())?,
        };
        let snapshot = match (args.snapshot, &args.as_of, profile.snapshot, profile.as_of) {
            (Some(version), _, _, _) => Snapshot::Version(version),
            (None, Some(time), _, _) => Snapshot::Time(time.clone()),
            (None, None, Some(_), Some(_)) => {
                return Err(CliError::usage("the profile has both snapshot and as_of").with_hint("keep one of them"));
            }
            (None, None, Some(version), None) => Snapshot::Version(version),
            (None, None, None, Some(time)) => Snapshot::Time(time),
            (None, None, None, None) => Snapshot::Latest,
        };
        Ok(Self {
            uri: named.or(profile.lake).or(variable),
            data_path: args.data_path.clone().or(profile.data_path),
            metadata_schema: args.metadata_schema.clone().or(profile.metadata_schema),
            snapshot,
            storage: profile.storage,
            read_only: args.read_only,
            memory: args.memory.clone(),
            threads: args.threads,
        })
    }

    /// The connection string.
    ///
    /// # Errors
    /// If nothing names a lake.
    pub(crate) fn require_uri(&self) -> Result<&str, CliError> {
        self.uri.as_deref().ok_or_else(|| {
            CliError::usage("no lake is named").with_hint(
                "give --lake sqlite:meta.sqlite, set DUCKLAKE_URI, or write a profile into ducklake.toml (see --help)",
            )
        })
    }
}

fn find_profile(name: Option<&str>) -> Result<Profile, CliError> {
    let wanted = name.unwrap_or(DEFAULT_PROFILE);
    let path = config_path();
    let file = path.as_deref().map(read_config).transpose()?;
    let mut profiles = file.unwrap_or_default().profiles;
    match (profiles.remove(wanted), name) {
        (Some(profile), _) => {
            Ok(path.as_deref().and_then(Path::parent).map_or(profile.clone(), |dir| profile.within(dir)))
        }
        (None, None) => Ok(Profile::default()),
        (None, Some(name)) => Err(match path {
            Some(path) => {
                let known: Vec<&str> = profiles.keys().map(String::as_str).collect();
                let hint = if known.is_empty() {
                    format!("it has no profiles; write a section [profiles.{name}]")
                } else {
                    format!("its profiles are {}", known.join(", "))
                };
                CliError::usage(format!("no profile '{name}' in {}", path.display())).with_hint(hint)
            }
            None => CliError::usage(format!("no profile '{name}': there is no {FILE_NAME}"))
                .with_hint(format!("write {FILE_NAME} into this folder, one above it, or ~/.config/ducklake/")),
        }),
    }
}

impl Profile {
    /// The profile with relative paths taken from the folder of its file rather than from the working directory.
    fn within(mut self, dir: &Path) -> Self {
        let absolute = |path: &str| dir.join(path).to_string_lossy().into_owned();
        self.lake = self.lake.map(|uri| {
            let (scheme, rest) = match uri.strip_prefix("ducklake:") {
                Some(rest) => ("ducklake:", rest),
                None => ("", uri.as_str()),
            };
            match rest.strip_prefix("sqlite:") {
                Some(path) if !path.starts_with("//") => format!("{scheme}sqlite:{}", absolute(path)),
                _ => uri,
            }
        });
        self.data_path = self.data_path.map(|path| if path.contains("://") { path } else { absolute(&path) });
        self
    }
}

/// The file with profiles: in the working directory, one above it, or the user's configuration directory.
fn config_path() -> Option<PathBuf> {
    let from_here = env::current_dir().ok().and_then(|here| {
        let mut candidates = here.ancestors().map(|dir| dir.join(FILE_NAME));
        candidates.find(|path| path.is_file())
    });
    from_here.or_else(|| {
        let path = user_dir("XDG_CONFIG_HOME", ".config")?.join("ducklake").join(FILE_NAME);
        path.is_file().then_some(path)
    })
}

/// A directory of the XDG specification: the variable's, if it is absolute, or that below the home directory.
pub(crate) fn user_dir(variable: &str, below_home: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| Some(env::home_dir()?.join(below_home)))
}

fn read_config(path: &Path) -> Result<ConfigFile, CliError> {
    let what = || path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| CliError::Read { what: what(), source })?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        CliError::usage(format!("{}, line {line}: {}", what(), error.message()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_whole() {
        let text = r#"
            [profiles.prod]
            lake = "postgres:dbname=lake"
            data_path = "s3://bucket/lake/"
            metadata_schema = "meta"
            snapshot = 7
            [profiles.prod.storage]
            endpoint = "http://127.0.0.1:9000"
            access_key_id = "key"
            secret_access_key = "hidden"
        "#;
        let file: ConfigFile = toml::from_str(text).unwrap();
        let profile = file.profiles["prod"].clone().within(Path::new("/etc"));
        assert_eq!(profile.lake.as_deref(), Some("postgres:dbname=lake"));
        assert_eq!(profile.data_path.as_deref(), Some("s3://bucket/lake/"));
        assert_eq!((profile.snapshot, profile.as_of), (Some(7), None));
        assert_eq!(profile.storage.access_key_id.as_deref(), Some("key"));
        assert!(!format!("{:?}", profile.storage).contains("hidden"));
        assert!(toml::from_str::<ConfigFile>("[profiles.x]\nlaek = 'typo'").is_err());
    }

    #[test]
    fn relative_paths_are_those_of_the_file() {
        let profile = |lake: &str| {
            let profile = Profile { lake: Some(lake.into()), data_path: Some("data".into()), ..Profile::default() };
            profile.within(Path::new("/srv/lake"))
        };
        assert_eq!(profile("sqlite:meta.sqlite").lake.as_deref(), Some("sqlite:/srv/lake/meta.sqlite"));
        assert_eq!(profile("ducklake:sqlite:m.db").lake.as_deref(), Some("ducklake:sqlite:/srv/lake/m.db"));
        assert_eq!(profile("sqlite:/abs/m.db").lake.as_deref(), Some("sqlite:/abs/m.db"));
        assert_eq!(profile("sqlite:///abs/m.db").lake.as_deref(), Some("sqlite:///abs/m.db"));
        assert_eq!(profile("x").data_path.as_deref(), Some("/srv/lake/data"));
    }
}
