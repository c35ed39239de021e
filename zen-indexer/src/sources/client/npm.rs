//! npm packages: npm downloads the archive, it is unpacked here.

use serde_json::Value;

use crate::sources::client::{Fetched, Work, only_file, top_folder};
use crate::sources::error::SourceError;
use crate::sources::package::PackageSpec;
use crate::sources::process::Program;

const NPM: Program = Program { name: "npm", advice: "install Node.js from https://nodejs.org" };

pub(super) async fn fetch(spec: &PackageSpec, work: &Work<'_>) -> Result<Fetched, SourceError> {
    let folder = work.make("archive")?;
    let mut command = NPM.command(&work.directory());
    command.args(["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination"]).arg(&folder);
    // No option is read behind `--`. A version is always named, so that this is a registry's package and no folder's.
    command.args(["--", &format!("{}@{}", spec.name, spec.version.as_deref().unwrap_or("latest"))]);
    let output = NPM.run(command, work.options.timeout).await?;
    if !output.status.success() {
        return Err(output.failure());
    }
    let Some(archive) = only_file(&folder, &[".tgz", ".tar.gz"]) else {
        return Err(output.unexpected("it left no archive"));
    };
    let unpacked = work.make("package")?;
    let left_out = work.unpack(archive, unpacked.clone()).await?.skipped;
    let root = top_folder(&unpacked);
    let said: Option<Value> = serde_json::from_str(&output.stdout).ok();
    let version = said.and_then(|said| Some(said.pointer("/0/version")?.as_str()?.to_owned()));
    let Some(version) = version.or_else(|| spec.version.clone()) else {
        return Err(output.unexpected("it does not say which version it fetched"));
    };
    let manifest = work.manifest(&root, spec, &version)?;
    Ok(Fetched { left_out, ..work.fetched(root, manifest) })
}
