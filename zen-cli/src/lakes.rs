//! Which lakes, from the command line, the environment or a profile in `config.toml`.

use std::collections::{BTreeMap, HashSet};
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ducklake_scan::StorageOptions;
use serde::Deserialize;
use zen_indexer::ZenError;
use zen_indexer::lake::Location;
use zen_search::{LakePlace, Lakes};

use crate::args::Global;
use crate::failure::Failure;

/// The file that holds profiles, in the user's folder of configurations.
const FILE: &str = "zen/config.toml";
/// The variable that names a lake.
const LAKE_VARIABLE: &str = "ZEN_LAKE";
/// The variable that names a profile.
const PROFILE_VARIABLE: &str = "ZEN_PROFILE";
/// Seconds that each of several lakes has, where nothing else is said.
const PATIENCE: f64 = 10.0;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    lakes: Vec<Lake>,
}

/// A lake of a profile. Without a URI it is the project's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lake {
    name: String,
    uri: Option<String>,
    data_path: Option<String>,
    #[serde(default)]
    storage: Storage,
}

/// Settings of a lake's object store; secrets are better in the environment.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Storage {
    endpoint: Option<String>,
    region: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    account_id: Option<String>,
    #[serde(default)]
    virtual_host_style: bool,
}

impl std::fmt::Debug for Storage {
    /// Without secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// The one lake that a command writes to.
pub(crate) fn one(global: &Global) -> Result<Location, Failure> {
    let mut places = places(global)?;
    match places.pop() {
        Some(place) if places.is_empty() => Ok(place.location),
        last => {
            let names: Vec<String> = places.into_iter().chain(last).map(|place| place.name).collect();
            Err(Failure::Usage {
                message: format!("this command takes one lake, not {}", names.join(", ")),
                hint: Some("name it with --lake".into()),
            })
        }
    }
}

/// The lakes that a command reads.
pub(crate) fn all(global: &Global) -> Result<Lakes, Failure> {
    let places = places(global)?;
    // Of one lake alone the user is told what keeps it waiting by whatever keeps it waiting.
    let seconds = global.timeout.or((places.len() > 1).then_some(PATIENCE));
    let patience = seconds.map(Duration::try_from_secs_f64).transpose().map_err(|_| Failure::Usage {
        message: format!("--timeout takes seconds, not {}", global.timeout.unwrap_or_default()),
        hint: None,
    })?;
    Ok(Lakes::new(places, patience))
}

/// `--lake`, else the profile of `--profile`, else `ZEN_LAKE`, else the profile of `ZEN_PROFILE`, else the project's lake.
fn places(global: &Global) -> Result<Vec<LakePlace>, Failure> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if !global.lake.is_empty() {
        return named(&global.lake, &global.data_path);
    }
    if let Some(profile) = &global.profile {
        return profile_of(profile, global);
    }
    if let Some(uri) = variable(LAKE_VARIABLE) {
        return named(&[uri], &global.data_path);
    }
    if let Some(profile) = variable(PROFILE_VARIABLE) {
        return profile_of(&profile, global);
    }
    let mut location = own()?;
    location.data_path = global.data_path.first().cloned();
    Ok(vec![LakePlace { name: "project".into(), location }])
}

fn own() -> Result<Location, Failure> {
    let here = env::current_dir().map_err(|source| ZenError::Io { path: ".".into(), source })?;
    Ok(Location::default_from(&here))
}

/// Lakes by their URIs, each under the last word of it.
fn named(uris: &[String], data_paths: &[String]) -> Result<Vec<LakePlace>, Failure> {
    if !data_paths.is_empty() && data_paths.len() != uris.len() {
        return Err(Failure::Usage {
            message: format!("there are {} --lake and {} --data-path", uris.len(), data_paths.len()),
            hint: Some("give --data-path once for each lake, in their order, or not at all".into()),
        });
    }
    let mut taken = HashSet::new();
    let place = |(at, uri): (usize, &String)| {
        let mut name = name_of(uri);
        if !taken.insert(name.clone()) {
            name = format!("{name}-{}", at + 1);
            taken.insert(name.clone());
        }
        LakePlace { name, location: Location::of(uri.clone(), data_paths.get(at).cloned()) }
    };
    Ok(uris.iter().enumerate().map(place).collect())
}

/// What a lake is called by its URI: its database, or its file and the folder that is in. Never a password.
fn name_of(uri: &str) -> String {
    if let Some((_, rest)) = uri.split_once("dbname=") {
        let end = rest.find(|c: char| c.is_whitespace() || c == '&').unwrap_or(rest.len());
        return rest[..end].trim_matches(['\'', '"']).to_owned();
    }
    let mut path = uri.split(['?', '#']).next().unwrap_or(uri);
    // A single letter before the colon is a drive of Windows.
    while let Some((scheme, rest)) = path.split_once(':')
        && scheme.len() > 1
        && scheme.chars().all(|c| c.is_ascii_alphabetic())
    {
        path = rest;
    }
    let mut parts = path.rsplit(['/', '\\', ':']).filter(|part| !part.is_empty());
    let last = parts.next().unwrap_or("lake");
    let stem = last.split('.').find(|part| !part.is_empty()).unwrap_or(last);
    // `catalog.sqlite` says nothing, the folder around it does.
    let is_common = ["catalog", "meta", "metadata", "lake"].contains(&stem);
    let folder = parts.find(|part| !["lake", ".zenith", "data"].contains(part));
    folder.filter(|folder| is_common && !folder.contains('@')).unwrap_or(stem).to_owned()
}

fn profile_of(name: &str, global: &Global) -> Result<Vec<LakePlace>, Failure> {
    let wrong = |message: String, hint: String| Failure::Usage { message, hint: Some(hint) };
    if !global.data_path.is_empty() {
        return Err(wrong("--data-path is not for profiles".into(), "write data_path beside the lake's uri".into()));
    }
    let path = path().ok_or_else(|| wrong("there is no home folder".into(), "set XDG_CONFIG_HOME".into()))?;
    if !path.is_file() {
        return Err(wrong(
            format!("no profile '{name}': there is no {}", path.display()),
            format!("write it, with [profiles.{name}] and lakes = [{{ name = \"team\", uri = \"…\" }}]"),
        ));
    }
    let mut config = read(&path)?;
    let Some(profile) = config.profiles.remove(name) else {
        let known: Vec<&str> = config.profiles.keys().map(String::as_str).collect();
        return Err(wrong(
            format!("no profile '{name}' in {}", path.display()),
            if known.is_empty() { "it has none".into() } else { format!("its profiles are {}", known.join(", ")) },
        ));
    };
    if profile.lakes.is_empty() {
        return Err(wrong(format!("profile '{name}' has no lakes"), "write lakes = [{ name = …, uri = … }]".into()));
    }
    let folder = path.parent().unwrap_or(Path::new("/")).to_path_buf();
    profile.lakes.into_iter().map(|lake| lake.place(&folder)).collect()
}

impl Lake {
    /// The lake with relative paths taken from the folder of the file they are in.
    fn place(self, folder: &Path) -> Result<LakePlace, Failure> {
        let absolute = |path: &str| folder.join(path).to_string_lossy().into_owned();
        let mut location = match self.uri {
            None => own()?,
            Some(uri) => {
                let (scheme, rest) = match uri.strip_prefix("ducklake:") {
                    Some(rest) => ("ducklake:", rest),
                    None => ("", uri.as_str()),
                };
                let uri = match rest.strip_prefix("sqlite:") {
                    Some(path) if !path.starts_with("//") => format!("{scheme}sqlite:{}", absolute(path)),
                    _ => uri,
                };
                Location::of(uri, None)
            }
        };
        location.data_path = self.data_path.map(|path| if path.contains("://") { path } else { absolute(&path) });
        location.storage = StorageOptions {
            endpoint: self.storage.endpoint,
            region: self.storage.region,
            access_key_id: self.storage.access_key_id,
            secret_access_key: self.storage.secret_access_key,
            session_token: self.storage.session_token,
            account_id: self.storage.account_id,
            virtual_host_style: self.storage.virtual_host_style,
        };
        Ok(LakePlace { name: self.name, location })
    }
}

/// Where the file is, by the XDG specification.
fn path() -> Option<PathBuf> {
    let named = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    Some(named.or_else(|| Some(env::home_dir()?.join(".config")))?.join(FILE))
}

fn read(path: &Path) -> Result<Config, Failure> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| ZenError::Io { path: shown.clone(), source })?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Failure::Usage { message: format!("{shown}, line {line}: {}", error.message()), hint: None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lakes_are_called_after_what_tells_them_apart() {
        for (uri, name) in [
            ("sqlite:/home/me/project/.zenith/lake/catalog.sqlite", "project"),
            ("sqlite:meta.sqlite", "meta"),
            ("sqlite:/srv/public.sqlite", "public"),
            ("postgres:dbname=zen host=db password=secret", "zen"),
            ("postgres://me:secret@db.example.com/team?sslmode=require", "team"),
            ("postgres://me:secret@db.example.com/lake", "lake"),
            ("", "lake"),
        ] {
            assert_eq!(name_of(uri), name, "{uri}");
        }
        let both = named(&["sqlite:a.sqlite".into(), "sqlite:b/a.sqlite".into()], &[]).unwrap();
        assert_eq!((both[0].name.as_str(), both[1].name.as_str()), ("a", "a-2"));
        assert!(named(&["sqlite:a".into(), "sqlite:b".into()], &["data".into()]).is_err());
    }

    #[test]
    fn profiles_are_read_whole() {
        let text = r#"
            [profiles.work]
            lakes = [
                { name = "project" },
                { name = "team", uri = "postgres:dbname=zen", data_path = "s3://bucket/zen/", storage = { region = "eu", secret_access_key = "hidden" } },
                { name = "public", uri = "sqlite:public.sqlite" },
            ]
        "#;
        let config: Config = toml::from_str(text).unwrap();
        assert!(!format!("{config:?}").contains("hidden"));
        let places: Vec<LakePlace> = config.profiles["work"]
            .lakes
            .iter()
            .map(|lake| lake.clone().place(Path::new("/etc/zen")).unwrap())
            .collect();
        assert!(places[0].location.uri.ends_with(".zenith/lake/catalog.sqlite"));
        assert_eq!(places[1].location.data_path.as_deref(), Some("s3://bucket/zen/"));
        assert_eq!(places[1].location.storage.region.as_deref(), Some("eu"));
        assert_eq!(places[2].location.uri, "sqlite:/etc/zen/public.sqlite");
        assert!(toml::from_str::<Config>("[profiles.x]\nlake = []").is_err());
    }
}
