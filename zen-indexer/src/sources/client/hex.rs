//! Hex packages: mix downloads the archive, it is unpacked here.

use std::fs;

use tokio::process::Command;

use crate::sources::client::{Fetched, Work, only_file};
use crate::sources::error::SourceError;
use crate::sources::manifest::hex_metadata_value;
use crate::sources::package::PackageSpec;
use crate::sources::process::Program;

const MIX: Program =
    Program { name: "mix", advice: "install Elixir from https://elixir-lang.org/install.html, then run mix local.hex" };

pub(super) async fn fetch(spec: &PackageSpec, work: &Work<'_>) -> Result<Fetched, SourceError> {
    // mix runs the mix.exs of the folder it is in.
    let folder = work.make("archive")?;
    let mut command = MIX.command(&folder);
    command.env_remove("MIX_EXS");
    arguments(&mut command, spec);
    let output = MIX.run(command, work.options.timeout).await?;
    if !output.status.success() {
        if output.stderr.contains("hex.package") && output.stderr.contains("could not be found") {
            return Err(SourceError::ProgramMissing { program: "hex".to_owned(), advice: "get it with mix local.hex" });
        }
        return Err(output.failure());
    }
    let Some(archive) = only_file(&folder, &[".tar"]) else {
        return Err(output.unexpected("it left no archive"));
    };
    // An archive of the metadata and of another archive that has the files.
    let outer = work.make("outer")?;
    work.unpack(archive, outer.clone()).await?;
    let metadata = outer.join("metadata.config");
    let metadata = fs::read_to_string(&metadata).map_err(SourceError::io("read", &metadata))?;
    let root = work.make("package")?;
    let left_out = work.unpack(outer.join("contents.tar.gz"), root.clone()).await?.skipped;
    // Links, license and description, where the manifest has to be run to know them.
    let beside = root.join("hex_metadata.config");
    if !beside.exists() {
        work.write(&beside, &metadata)?;
    }
    let Some(version) = hex_metadata_value(&metadata, "version").or_else(|| spec.version.clone()) else {
        return Err(output.unexpected("its metadata has no version"));
    };
    let manifest = work.manifest(&root, spec, &version)?;
    Ok(Fetched { left_out, ..work.fetched(root, manifest) })
}

fn arguments(command: &mut Command, spec: &PackageSpec) {
    command.args(["hex.package", "fetch", &spec.name]);
    command.args(&spec.version);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_in_their_order() {
        for (spec, expected) in [
            ("hex:jason@1.4.4", &["hex.package", "fetch", "jason", "1.4.4"][..]),
            ("hex:jason", &["hex.package", "fetch", "jason"][..]),
        ] {
            let mut command = Command::new("mix");
            arguments(&mut command, &spec.parse().expect("a spec"));
            assert_eq!(command.as_std().get_args().collect::<Vec<_>>(), expected);
        }
    }
}
