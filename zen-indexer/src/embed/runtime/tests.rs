//! Where libraries are looked for, and files that are none. What is loaded successfully is tested from outside, in
//! processes of their own.

use std::collections::HashMap;
use std::ffi::OsString;

use super::*;

fn touch(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "no library").unwrap();
}

fn found(vars: &[(&str, OsString)]) -> Vec<PathBuf> {
    let vars: HashMap<&str, &OsString> = vars.iter().map(|(name, value)| (*name, value)).collect();
    places(&|name| vars.get(name).map(|value| (*value).clone())).iter().flat_map(|folder| libraries(folder)).collect()
}

#[test]
fn files_that_are_no_library_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("libonnxruntime.so");
    touch(&garbage);
    assert!(matches!(start(&garbage), Err(LibraryError::Load(_))));
    // The head of a real library, and nothing behind it.
    fs::write(&garbage, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0").unwrap();
    assert!(matches!(start(&garbage), Err(LibraryError::Load(_))));
    fs::write(&garbage, b"").unwrap();
    assert!(matches!(start(&garbage), Err(LibraryError::Load(_))));
    assert!(matches!(start(folder.path()), Err(LibraryError::NotAFile)));
    assert!(matches!(start(&folder.path().join("absent.so")), Err(LibraryError::Unreadable(_))));
    assert!(matches!(start(Path::new("/dev/zero")), Err(LibraryError::NotAFile | LibraryError::Unreadable(_))));
}

/// A library it is, but not this one.
#[cfg(target_os = "linux")]
#[test]
fn another_library_is_an_error() {
    let libc = fs::read_to_string("/proc/self/maps").unwrap();
    let libc =
        libc.lines().find_map(|line| line.find('/').map(|at| &line[at..]).filter(|path| path.contains("libc.so")));
    let Some(libc) = libc else { return };
    assert!(matches!(start(Path::new(libc)), Err(LibraryError::Load(ort::LoadDynamicError::MissingApi { .. }))));
}

#[test]
fn wheels_are_found_in_every_python() {
    let folder = tempfile::tempdir().unwrap();
    let root = |name: &str| folder.path().join(name);
    let wheel = "site-packages/onnxruntime/capi/libonnxruntime.so.1.30.0";
    let active = root("active").join("lib/python3.12").join(wheel);
    let on_path = root("python").join("lib64/python3.11").join(wheel);
    let user = root("home/.local").join("lib/python3.13").join(wheel);
    for path in [&active, &on_path, &user, &root("python/bin/python3")] {
        touch(path);
    }
    touch(&active.with_file_name("libonnxruntime_providers_shared.so"));
    let bin = std::env::join_paths([root("nothing"), root("python/bin")]).unwrap();
    let vars = [("PATH", bin), ("HOME", root("home").into()), ("VIRTUAL_ENV", root("active").into())];
    let found: Vec<PathBuf> = found(&vars).into_iter().filter(|path| path.starts_with(folder.path())).collect();
    assert_eq!(found, [active, on_path, user]);
}

#[test]
fn newer_libraries_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["libonnxruntime.so", "libonnxruntime.so.1", "libonnxruntime.so.1.9.0", "libonnxruntime.so.1.30.2"];
    for name in names.iter().chain(&["libonnxruntime_extra.so", "onnxruntime.txt", "libonnxruntime.a"]) {
        touch(&folder.path().join(name));
    }
    let sorted: Vec<PathBuf> = names.iter().rev().map(|name| folder.path().join(name)).collect();
    // A link of few numbers says less than a name of many.
    let sorted = [&sorted[0], &sorted[1], &sorted[2], &sorted[3]];
    assert_eq!(libraries(folder.path()).iter().collect::<Vec<_>>(), sorted);
    assert!(is_library("libonnxruntime.1.24.1.dylib") && is_library("libonnxruntime.dylib"));
}
