//! Python packages through pip: the wheel, or where there is none the source archive, without building it.
//!
//! `pip download` of a source archive runs the package's build to learn its dependencies, which nobody wants here. pip's own
//! finder and session, asked directly, download it and no more.

use std::path::PathBuf;

use tokio::process::Command;

use crate::sources::client::{Fetched, Work, only_file, top_folder};
use crate::sources::error::SourceError;
use crate::sources::manifest::{description_file, find_published};
use crate::sources::package::{Ecosystem, PackageSpec};
use crate::sources::process::{Output, Program};

const ADVICE: &str = "install Python from https://www.python.org, with pip";
const PYTHONS: [Program; 2] = [Program { name: "python3", advice: ADVICE }, Program { name: "python", advice: ADVICE }];
const ENDINGS: [&str; 3] = [".whl", ".tar.gz", ".zip"];
/// The script's exit code for a package that has no source archive.
const NOT_THERE: i32 = 3;

/// Downloads a source archive: requirement, folder, largest size.
const SOURCE_SCRIPT: &str = r#"
import hashlib, os, sys

def main(wanted, folder, limit):
    from pip._internal.commands import create_command
    from pip._vendor.packaging.requirements import Requirement
    requirement = Requirement(wanted)
    command = create_command("download")
    options, _ = command.parse_args(["--no-deps", "--no-binary=:all:", "--", wanted])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options=options, session=session)
        best = finder.find_best_candidate(requirement.name, requirement.specifier).best_candidate
        if best is None:
            return 3
        link = best.link
        name = os.path.basename(link.filename)
        response = session.get(link.url_without_fragment, headers={"Accept-Encoding": "identity"}, stream=True)
        response.raise_for_status()
        digest = hashlib.new(link.hash_name) if link.hash_name else None
        size = 0
        with open(os.path.join(folder, name), "wb") as file:
            for chunk in response.iter_content(65536):
                size += len(chunk)
                if size > limit:
                    sys.stderr.write("%s has more than %d bytes\n" % (name, limit))
                    return 4
                file.write(chunk)
                if digest:
                    digest.update(chunk)
        if digest and digest.hexdigest() != link.hash:
            sys.stderr.write("%s has not the hash that the index has for it\n" % name)
            return 5
    return 0

sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"#;

pub(super) async fn fetch(spec: &PackageSpec, work: &Work<'_>) -> Result<Fetched, SourceError> {
    let folder = work.make("archive")?;
    let wanted = match &spec.version {
        Some(version) => format!("{}=={version}", spec.name),
        None => spec.name.clone(),
    };
    let download = |option: String| {
        let (folder, wanted) = (folder.clone(), wanted.clone());
        move |command: &mut Command| {
            command.args([
                "-m",
                "pip",
                "download",
                "--no-deps",
                "--no-input",
                "--disable-pip-version-check",
                "--quiet",
            ]);
            command.arg(option).arg("--dest").arg(folder).arg("--").arg(wanted);
        }
    };
    let wheel = python(work, download("--only-binary=:all:".to_owned())).await?;
    if !wheel.status.success() && !has_pip(&wheel) {
        return Err(SourceError::ProgramMissing {
            program: "pip".to_owned(),
            advice: "install it with python3 -m ensurepip",
        });
    }
    if !wheel.status.success() {
        let limit = work.options.limits.total_bytes.to_string();
        let source = python(work, |command| {
            command.args(["-c", SOURCE_SCRIPT, &wanted]).arg(&folder).arg(&limit);
        });
        let source = source.await?;
        if source.status.code() == Some(NOT_THERE) {
            return Err(wheel.failure());
        }
        if !source.status.success() {
            if !work.options.allow_build {
                let reason = format!(
                    "there is no wheel for this machine, and downloading its sources failed: {}",
                    source.failure()
                );
                return Err(SourceError::NeedsBuild { package: spec.to_string(), reason });
            }
            python(work, download(format!("--no-binary={}", spec.name))).await?.success()?;
        }
    }
    let Some(archive) = only_file(&folder, &ENDINGS) else {
        return Err(wheel.unexpected("it left no archive"));
    };
    unpacked(spec, archive, &wheel, work).await
}

async fn unpacked(
    spec: &PackageSpec,
    archive: PathBuf,
    output: &Output,
    work: &Work<'_>,
) -> Result<Fetched, SourceError> {
    let folder = work.make("package")?;
    let is_wheel = archive.extension().is_some_and(|ending| ending == "whl");
    let named = archive.file_name().and_then(|name| version_in(&name.to_string_lossy()));
    let left_out = work.unpack(archive, folder.clone()).await?.skipped;
    let root = if is_wheel { folder } else { top_folder(&folder) };
    // A wheel has its README in its metadata only.
    if is_wheel
        && let Some((name, text)) = description_file(&root)
        && !root.join(name).exists()
    {
        work.write(&root.join(name), &text)?;
    }
    let found = find_published(&root, Ecosystem::Pypi).ok().flatten();
    let found = found.map(|manifest| manifest.version).filter(|version| version != "0.0.0");
    let Some(version) = named.or(found).or_else(|| spec.version.clone()) else {
        return Err(output.unexpected("nothing says which version it fetched"));
    };
    let manifest = work.manifest(&root, spec, &version)?;
    Ok(Fetched { left_out, ..work.fetched(root, manifest) })
}

/// The version in an archive's name: `six-1.16.0-py2.py3-none-any.whl`, `six-1.16.0.tar.gz`.
fn version_in(file: &str) -> Option<String> {
    if let Some(stem) = file.strip_suffix(".whl") {
        return stem.split('-').nth(1).map(str::to_owned);
    }
    let stem = file.strip_suffix(".tar.gz").or_else(|| file.strip_suffix(".zip"))?;
    let (_, version) = stem.rsplit_once('-')?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned())
}

fn has_pip(output: &Output) -> bool {
    !output.stderr.contains("No module named pip")
}

/// Runs the first Python there is, in the empty folder: it would import what lies in the current one.
async fn python(work: &Work<'_>, arguments: impl FnOnce(&mut Command)) -> Result<Output, SourceError> {
    let empty = work.make("empty")?;
    let [first, second] = PYTHONS;
    let mut command = first.command(&empty);
    command.env("PYTHONSAFEPATH", "1").env("PYTHONIOENCODING", "utf-8");
    arguments(&mut command);
    let again: Vec<_> = command.as_std().get_args().map(ToOwned::to_owned).collect();
    match first.run(command, work.options.timeout).await {
        Err(SourceError::ProgramMissing { .. }) => {
            let mut command = second.command(&empty);
            command.env("PYTHONSAFEPATH", "1").env("PYTHONIOENCODING", "utf-8").args(again);
            second.run(command, work.options.timeout).await
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_names_of_archives() {
        assert_eq!(version_in("six-1.16.0-py2.py3-none-any.whl").as_deref(), Some("1.16.0"));
        assert_eq!(version_in("typing_extensions-4.0.0rc1.tar.gz").as_deref(), Some("4.0.0rc1"));
        assert_eq!(version_in("a-b-2.0.zip").as_deref(), Some("2.0"));
        assert_eq!(version_in("a.tar.gz"), None);
    }
}
