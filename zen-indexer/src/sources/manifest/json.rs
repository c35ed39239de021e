//! package.json and composer.json.

use std::path::Path;

use serde_json::Value;

use crate::sources::error::SourceError;
use crate::sources::manifest::{Found, problem, read_file};

pub(super) fn npm(root: &Path) -> Result<Option<Found>, SourceError> {
    let Some(json) = read(&root.join("package.json"))? else { return Ok(None) };
    let repo_url = text(json.pointer("/repository/url")).or_else(|| text(json.get("repository")));
    let name = text(json.get("name"));
    Ok(Some(Found {
        repo_url: repo_url.or_else(|| text(json.get("homepage"))),
        description: text(json.get("description")),
        license: text(json.get("license"))
            .or_else(|| text(json.pointer("/license/type")))
            .or_else(|| text(json.pointer("/licenses/0/type"))),
        version: text(json.get("version")),
        weak: name.is_none() || json.get("private") == Some(&Value::Bool(true)),
        name,
        ..Found::default()
    }))
}

pub(super) fn composer(root: &Path) -> Result<Option<Found>, SourceError> {
    let Some(json) = read(&root.join("composer.json"))? else { return Ok(None) };
    let name = text(json.get("name"));
    Ok(Some(Found {
        version: text(json.get("version")),
        repo_url: text(json.pointer("/support/source")).or_else(|| text(json.get("homepage"))),
        description: text(json.get("description")),
        license: text(json.get("license")).or_else(|| text(json.pointer("/license/0"))),
        weak: name.is_none(),
        name,
        ..Found::default()
    }))
}

fn read(path: &Path) -> Result<Option<Value>, SourceError> {
    let Some(text) = read_file(path)? else { return Ok(None) };
    let json: Value = serde_json::from_str(&text).map_err(|error| problem(path, error))?;
    if json.is_object() { Ok(Some(json)) } else { Err(problem(path, "it is no object")) }
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::to_owned).filter(|text| !text.is_empty())
}
