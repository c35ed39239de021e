//! The ONNX Runtime library, found and loaded once for the process.
//!
//! ort panics where it loads a library by itself and cannot: it is given one here that is known to load.

use std::cmp::Reverse;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use super::{EmbedError, LibraryError, Vars};

/// The environment variable that names the library.
const VARIABLE: &str = "ORT_DYLIB_PATH";

/// The environment of the library that was loaded: a process has one.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads the library that `ORT_DYLIB_PATH` names, else the first usable one in the known places.
pub(super) fn load(vars: Vars<'_>) -> Result<Environment, EmbedError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = loaded.as_ref() {
        return Ok(environment.clone());
    }
    let environment = match vars(VARIABLE).map(PathBuf::from) {
        Some(path) => start(&path).map_err(|source| EmbedError::NamedLibrary { path, source })?,
        None => search(vars)?,
    };
    Ok(loaded.insert(environment).clone())
}

fn search(vars: Vars<'_>) -> Result<Environment, EmbedError> {
    let mut refused = Vec::new();
    for folder in places(vars) {
        for path in libraries(&folder) {
            match start(&path) {
                Ok(environment) => return Ok(environment),
                Err(error) => refused.push((path, error)),
            }
        }
    }
    Err(EmbedError::NoLibrary { refused })
}

/// Loads one library. A file that does not load leaves the way free for the next.
fn start(path: &Path) -> Result<Environment, LibraryError> {
    // Opening a pipe or a device could wait for ever.
    if !fs::metadata(path).map_err(LibraryError::Unreadable)?.is_file() {
        return Err(LibraryError::NotAFile);
    }
    // ort takes relative paths from the program's folder.
    let path = std::path::absolute(path).map_err(LibraryError::Unreadable)?;
    // ort asserts what libraries answer.
    catch_unwind(AssertUnwindSafe(|| {
        let builder = ort::init_from(&path).map_err(LibraryError::Load)?;
        let environment = builder.with_telemetry(false).build().map_err(LibraryError::Start)?;
        // Failures are answers; the library's own lines about them would come between what programs print.
        environment.set_log_level(LogLevel::Fatal);
        Ok(environment)
    }))
    .unwrap_or(Err(LibraryError::Broken))
}

/// Folders in which the library may be, the user's own choices first.
fn places(vars: Vars<'_>) -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Some(beside) = std::env::current_exe().ok().as_deref().and_then(Path::parent) {
        places.push(beside.to_path_buf());
        places.push(beside.join("../lib"));
    }
    let paths =
        |name: &str| vars(name).map(|list| std::env::split_paths(&list).collect::<Vec<_>>()).unwrap_or_default();
    places.extend(["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"].into_iter().flat_map(paths));
    let home = vars("HOME").map(PathBuf::from);
    let local = home.as_ref().map(|home| home.join(".local"));
    let pythons = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(|name| vars(name).map(PathBuf::from));
    let pythons = pythons.chain(paths("PATH").into_iter().flat_map(|folder| python_of(&folder))).chain(local.clone());
    places.extend(pythons.chain(["/usr/local", "/usr"].map(PathBuf::from)).flat_map(|root| wheels(&root)));
    places.extend(local.map(|local| local.join("lib")));
    let triplet = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let system = ["/usr/local/lib", "/usr/local/lib64", &triplet, "/usr/lib64", "/usr/lib", "/opt/homebrew/lib"];
    places.extend(system.map(PathBuf::from));
    let mut seen = std::collections::HashSet::new();
    places.retain(|place| seen.insert(place.clone()));
    places
}

/// Roots of the Python whose program is in this folder of the PATH: as it is called, and where its links lead.
fn python_of(folder: &Path) -> Vec<PathBuf> {
    let program =
        ["python3", "python", "python.exe"].map(|name| folder.join(name)).into_iter().find(|path| path.is_file());
    let Some(program) = program else { return Vec::new() };
    let real = fs::canonicalize(&program).unwrap_or_else(|_| program.clone());
    // On Windows the program is in the root itself.
    let up = if cfg!(windows) { 1 } else { 2 };
    [program, real].iter().filter_map(|path| path.ancestors().nth(up).map(Path::to_path_buf)).collect()
}

/// Where Pythons below a root keep what the onnxruntime package brought.
fn wheels(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.join("Lib")];
    for lib in ["lib", "lib64"].map(|name| root.join(name)) {
        let versions = fs::read_dir(lib).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_python =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python3"));
        folders.extend(versions.filter(is_python));
    }
    let packages = folders.iter().flat_map(|folder| ["site-packages", "dist-packages"].map(|name| folder.join(name)));
    packages.map(|folder| folder.join("onnxruntime/capi")).filter(|folder| folder.is_dir()).collect()
}

/// ONNX Runtime libraries in a folder, newest first.
fn libraries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(Reverse<Vec<u32>>, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            is_library(&name).then(|| (Reverse(version(&name)), entry.path()))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

fn is_library(name: &str) -> bool {
    let rest = name.strip_prefix("libonnxruntime.");
    name == "onnxruntime.dll"
        || rest.is_some_and(|rest| rest == "so" || rest.starts_with("so.") || rest.ends_with("dylib"))
}

/// Numbers in a library's name. One without any is the system's default and comes last, as a link to another.
fn version(name: &str) -> Vec<u32> {
    name.split('.').filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests;
