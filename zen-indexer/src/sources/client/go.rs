//! Go modules: go unpacks them into its own folder, where they are read.

use std::path::PathBuf;

use serde_json::Value;

use crate::sources::client::{Fetched, Work};
use crate::sources::error::SourceError;
use crate::sources::package::PackageSpec;
use crate::sources::process::Program;

const GO: Program = Program { name: "go", advice: "install Go from https://go.dev/dl" };

pub(super) async fn fetch(spec: &PackageSpec, work: &Work<'_>) -> Result<Fetched, SourceError> {
    // Outside of any module, whose replacements would count.
    let mut command = GO.command(&work.make("empty")?);
    command.env("GO111MODULE", "on").env("GOWORK", "off").env("GOTOOLCHAIN", "local");
    command.args(["mod", "download", "-json", "--"]);
    command.arg(format!("{}@{}", spec.name, spec.version.as_deref().unwrap_or("latest")));
    let mut output = GO.run(command, work.options.timeout).await?;
    // A failure is in the JSON.
    let said: Value = match serde_json::from_str(&output.stdout) {
        Ok(said) => said,
        Err(_) if !output.status.success() => return Err(output.failure()),
        Err(error) => return Err(output.unexpected(error.to_string())),
    };
    let get = |key: &str| said.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(error) = get("Error") {
        output.stderr = error;
        return Err(output.failure());
    }
    let (Some(root), Some(version)) = (get("Dir").map(PathBuf::from), get("Version")) else {
        return Err(output.unexpected("it does not say where the module is"));
    };
    let manifest = work.manifest(&root, spec, &version)?;
    let mut fetched = work.fetched(root, manifest);
    fetched._folder = None;
    Ok(fetched)
}
