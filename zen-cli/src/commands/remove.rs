//! `zen remove`: a package, one version or all.

use serde_json::json;
use zen_indexer::lake::ZenLake;

use super::install::spec;
use crate::args::{Global, Remove};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(lake: &ZenLake, args: &Remove, global: &Global) -> Result<(), Failure> {
    let spec = spec(&args.package)?;
    let removed = lake.remove(spec.ecosystem.as_str(), &spec.name, spec.version.as_deref()).await?;
    if global.json {
        return output::json(
            &json!({"removed": spec.to_string(), "versions": removed.versions, "snapshot": removed.snapshot}),
        );
    }
    let versions = if removed.versions == 1 { "version" } else { "versions" };
    output::line(&format!("{spec}: {} {versions} removed", removed.versions))
}
