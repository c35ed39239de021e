//! Real packages through the clients on this machine. What needs a registry is pinned and small; a client that is not here
//! is passed over, except for cargo.

use std::fs;
use std::io::Write;
use std::process::Command;
use std::time::Duration;

use crate::{child, is_child, passes};
use zen_indexer::sources::{
    Ecosystem, FetchOptions, Fetched, FileKind, SourceError, Walk, WalkOptions, fetch, fetch_git, read_manifest, walk,
};

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok()
        || Command::new(program).arg("version").output().is_ok();
    if !found {
        eprintln!("{program} is not on this machine: passed over");
    }
    found
}

async fn get(spec: &str) -> Fetched {
    let spec = spec.parse().unwrap_or_else(|error| panic!("{spec}: {error}"));
    fetch(&spec, &FetchOptions::default()).await.unwrap_or_else(|error| panic!("{spec}: {error}"))
}

async fn refused(spec: &str) -> String {
    let spec = spec.parse().unwrap_or_else(|error| panic!("{spec}: {error}"));
    match fetch(&spec, &FetchOptions::default()).await {
        Ok(fetched) => panic!("{spec} was found: {fetched:?}"),
        Err(error) => error.to_string(),
    }
}

fn files_of(fetched: &Fetched) -> Walk {
    walk(&fetched.root, &WalkOptions::package()).expect("walked")
}

fn has_code(walk: &Walk, path: &str, language: &str) -> bool {
    walk.files
        .iter()
        .any(|file| file.path == path && matches!(file.kind, FileKind::Code(found) if found.name == language))
}

#[tokio::test]
async fn rust_crates() {
    let fetched = get("rust:itoa@1.0.11").await;
    assert_eq!(fetched.manifest.id().to_string(), "rust:itoa@1.0.11");
    assert_eq!(fetched.manifest.license.as_deref(), Some("MIT OR Apache-2.0"));
    assert_eq!(fetched.manifest.repo_url.as_deref(), Some("https://github.com/dtolnay/itoa"));
    let files = files_of(&fetched);
    assert!(has_code(&files, "src/lib.rs", "rust"), "{files:?}");
    assert!(files.files.iter().any(|file| file.path == "README.md" && file.kind == FileKind::Docs), "{files:?}");
    assert!(files.skipped.iter().any(|skipped| skipped.path == "tests/"), "{files:?}");
    let root = fetched.root.clone();
    drop(fetched);
    assert!(root.is_dir(), "cargo's own copy stays");
    // Yanked, as versions in lock files sometimes are.
    let yanked = get("rust:futures-util@0.3.30").await.manifest;
    assert_eq!(yanked.version, "0.3.30");
    let part = get("rust:itoa@1.0").await.manifest;
    assert!(part.version.starts_with("1.0."), "{part:?}");
    let latest = get("rust:itoa").await.manifest;
    assert!(latest.version.starts_with("1.") && latest.version != "1.0.11", "{latest:?}");
    let error = refused("rust:itoa@77.0.0").await;
    assert!(error.contains("itoa") && error.contains("cargo"), "{error}");
}

#[tokio::test]
async fn crates_where_cargo_keeps_its_files_elsewhere() {
    // A folder whose settings have crates.io replaced by a folder of crates, as `cargo vendor` makes it.
    let folder = tempfile::tempdir().expect("a folder");
    let make = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("make");
        fs::write(path, text).expect("write");
    };
    make(
        ".cargo/config.toml",
        "[source.crates-io]\nreplace-with = \"mine\"\n[source.mine]\ndirectory = \"vendored\"\n",
    );
    make(
        "vendored/zen-made-up/Cargo.toml",
        "[package]\nname = \"zen-made-up\"\nversion = \"0.3.0\"\nedition = \"2021\"\n",
    );
    make("vendored/zen-made-up/src/lib.rs", "pub fn made_up() {}\n");
    make("vendored/zen-made-up/.cargo-checksum.json", "{\"files\":{},\"package\":null}");
    let options = FetchOptions { directory: Some(folder.path().to_path_buf()), ..FetchOptions::default() };
    for spec in ["rust:zen-made-up@0.3.0", "rust:zen-made-up"] {
        let fetched =
            fetch(&spec.parse().expect("a spec"), &options).await.unwrap_or_else(|error| panic!("{spec}: {error}"));
        assert_eq!(fetched.manifest.version, "0.3.0");
        assert!(fetched.root.ends_with("vendored/zen-made-up"), "{fetched:?}");
    }
}

#[tokio::test]
async fn npm_packages() {
    if !has("npm") {
        return;
    }
    let fetched = get("npm:ms@2.1.3").await;
    assert_eq!(fetched.manifest.id().to_string(), "npm:ms@2.1.3");
    assert_eq!(fetched.manifest.repo_url.as_deref(), Some("https://github.com/vercel/ms"));
    assert!(has_code(&files_of(&fetched), "index.js", "javascript"));
    let root = fetched.root.clone();
    drop(fetched);
    assert!(!root.exists());
    let fetched = get("npm:@types/ms@0.7.34").await;
    assert_eq!(fetched.manifest.id().to_string(), "npm:@types/ms@0.7.34");
    assert!(has_code(&files_of(&fetched), "index.d.ts", "typescript"));
    let latest = get("npm:ms").await.manifest;
    assert!(latest.version.starts_with(|c: char| c.is_ascii_digit()), "{latest:?}");
    let error = refused("npm:ms@77.0.0").await;
    assert!(error.contains("npm") && error.contains("77.0.0"), "{error}");
}

#[tokio::test]
async fn python_packages() {
    if !has("python3") {
        return;
    }
    let fetched = get("pypi:six==1.16.0").await;
    assert_eq!(fetched.manifest.id().to_string(), "pypi:six@1.16.0");
    assert_eq!(fetched.manifest.license.as_deref(), Some("MIT"));
    let files = files_of(&fetched);
    assert!(has_code(&files, "six.py", "python"));
    assert!(files.files.iter().any(|file| file.path == "README.rst" && file.kind == FileKind::Docs), "{files:?}");
    // There is no wheel of this one, and its setup.py is not run.
    let fetched = get("pypi:docopt@0.6.2").await;
    assert_eq!(fetched.manifest.id().to_string(), "pypi:docopt@0.6.2");
    assert!(has_code(&files_of(&fetched), "docopt.py", "python"));
    assert_eq!(fetched.root.file_name().and_then(|name| name.to_str()), Some("docopt-0.6.2"));
    let latest = get("pypi:six").await.manifest;
    assert!(latest.version.as_str() > "1.16", "{latest:?}");
    let error = refused("pypi:six@77.0").await;
    assert!(error.contains("six==77.0"), "{error}");
}

/// A source archive in a folder of packages, whose build leaves a mark.
#[tokio::test]
async fn the_build_of_a_python_package_is_not_run() {
    if !has("python3") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mark = folder.path().join("mark");
    let source = folder.path().join("zen-made-up-1.2.0");
    fs::create_dir_all(&source).expect("make");
    let setup = format!(
        "open({mark:?}, 'w').close()\nfrom setuptools import setup\nsetup(name='zen-made-up', version='1.2.0')\n"
    );
    fs::write(source.join("setup.py"), setup).expect("write");
    fs::write(source.join("made_up.py"), "def f(): pass\n").expect("write");
    fs::write(source.join("PKG-INFO"), "Metadata-Version: 1.0\nName: zen-made-up\nVersion: 1.2.0\n").expect("write");
    let links = folder.path().join("links");
    fs::create_dir_all(&links).expect("make");
    let packed = Command::new("python3")
        .args(["-c", "import sys, tarfile; t = tarfile.open(sys.argv[2], 'w:gz'); t.add(sys.argv[1], 'zen-made-up-1.2.0'); t.close()"])
        .arg(&source)
        .arg(links.join("zen-made-up-1.2.0.tar.gz"))
        .status()
        .expect("python3");
    assert!(packed.success());
    // Settings as a user has them, in the process's environment: this test is the only one that reads this variable's package.
    let mut child = child("sources::made_up_python_package");
    child.env("PIP_FIND_LINKS", &links).env("PIP_NO_INDEX", "1");
    passes(&mut child);
    assert!(!mark.exists(), "setup.py was run");
}

#[tokio::test]
async fn made_up_python_package() {
    if !is_child() {
        return;
    }
    let fetched = get("pypi:zen-made-up").await;
    assert_eq!(fetched.manifest.id().to_string(), "pypi:zen-made-up@1.2.0");
    assert!(has_code(&files_of(&fetched), "made_up.py", "python"));
}

/// A module proxy that is a folder.
#[tokio::test]
async fn go_modules() {
    if !has("go") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let versions = folder.path().join("example.com/made/up/@v");
    fs::create_dir_all(&versions).expect("make");
    fs::write(versions.join("list"), "v1.2.3\n").expect("write");
    fs::write(versions.join("v1.2.3.info"), r#"{"Version":"v1.2.3","Time":"2024-01-01T00:00:00Z"}"#).expect("write");
    fs::write(versions.join("v1.2.3.mod"), "module example.com/made/up\n").expect("write");
    let file = fs::File::create(versions.join("v1.2.3.zip")).expect("create");
    let mut zip = zip::ZipWriter::new(file);
    for (name, text) in [("go.mod", "module example.com/made/up\n"), ("up.go", "package up\n\nfunc Up() {}\n")] {
        let name = format!("example.com/made/up@v1.2.3/{name}");
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("start");
        zip.write_all(text.as_bytes()).expect("write");
    }
    zip.finish().expect("finish");
    let mut child = child("sources::made_up_go_module");
    child
        .env("GOPROXY", format!("file://{}", folder.path().display()))
        .env("GONOSUMDB", "example.com")
        .env("GONOSUMCHECK", "1")
        .env("GOFLAGS", "-modcacherw")
        .env("GOSUMDB", "off")
        .env("GOMODCACHE", folder.path().join("cache"));
    passes(&mut child);
}

#[tokio::test]
async fn made_up_go_module() {
    if !is_child() {
        return;
    }
    for spec in ["go:example.com/made/up@v1.2.3", "go:example.com/made/up@1.2.3", "go:example.com/made/up"] {
        let fetched = get(spec).await;
        assert_eq!(fetched.manifest.id().to_string(), "go:example.com/made/up@v1.2.3");
        assert!(has_code(&files_of(&fetched), "up.go", "go"));
    }
    let error = refused("go:example.com/made/up@v9.0.0").await;
    assert!(error.contains("go mod download") && error.contains("v9.0.0"), "{error}");
}

#[tokio::test]
async fn hex_packages_need_mix() {
    let error = refused("hex:zen_made_up_package@77.0.0").await;
    assert!(error.contains("mix"), "{error}");
}

/// The archive as Hex has it, from a program that only looks like mix.
#[cfg(unix)]
#[tokio::test]
async fn hex_archives() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let tar = |files: &[(&str, &[u8])]| {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, name, *content).expect("append");
        }
        builder.into_inner().expect("tar")
    };
    let contents = tar(&[
        ("lib/up.ex", b"defmodule Up do\nend\n"),
        ("mix.exs", b"defmodule Up.MixProject do\n  def project, do: [app: :made_up, version: vsn()]\nend\n"),
        ("README.md", b"# Up\n"),
    ]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&contents).expect("gzip");
    let contents = gzip.finish().expect("gzip");
    let metadata =
        b"{<<\"name\">>,<<\"made_up\">>}.\n{<<\"version\">>,<<\"1.2.3\">>}.\n{<<\"licenses\">>,[<<\"MIT\">>]}.\n";
    let archive = folder.path().join("archive");
    let files: [(&str, &[u8]); 4] =
        [("VERSION", b"3"), ("CHECKSUM", b"00"), ("metadata.config", metadata), ("contents.tar.gz", &contents)];
    fs::write(&archive, tar(&files)).expect("write");
    let bin = folder.path().join("bin");
    fs::create_dir_all(&bin).expect("make");
    let script = format!(
        "#!/bin/sh\n[ \"$1 $2 $3\" = 'hex.package fetch made_up' ] && cp '{}' made_up-1.2.3.tar\n",
        archive.display()
    );
    fs::write(bin.join("mix"), script).expect("write");
    fs::set_permissions(bin.join("mix"), fs::Permissions::from_mode(0o755)).expect("chmod");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut child = child("sources::made_up_hex_package");
    child.env("PATH", path);
    passes(&mut child);
}

#[tokio::test]
async fn made_up_hex_package() {
    if !is_child() {
        return;
    }
    let fetched = get("hex:made_up").await;
    assert_eq!(fetched.manifest.id().to_string(), "hex:made_up@1.2.3");
    assert_eq!(fetched.manifest.license.as_deref(), Some("MIT"));
    let files = files_of(&fetched);
    assert!(has_code(&files, "lib/up.ex", "elixir"), "{files:?}");
    assert!(files.files.iter().any(|file| file.path == "README.md"), "{files:?}");
}

#[tokio::test]
async fn nothing_stays_when_nobody_waits() {
    if !has("npm") {
        return;
    }
    let place = tempfile::tempdir().expect("a folder");
    let options = FetchOptions { temporary: Some(place.path().to_path_buf()), ..FetchOptions::default() };
    let spec = "npm:ms@2.1.2".parse().expect("a spec");
    let dropped = tokio::time::timeout(Duration::from_millis(150), fetch(&spec, &options)).await;
    if let Ok(Ok(fetched)) = dropped {
        drop(fetched);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fs::read_dir(place.path()).expect("read").count(), 0);
    let slow = FetchOptions { timeout: Duration::from_millis(1), ..options };
    let error = fetch(&spec, &slow).await.expect_err("too slow");
    assert!(matches!(error, SourceError::ProgramTooSlow { .. }), "{error}");
    assert_eq!(fs::read_dir(place.path()).expect("read").count(), 0);
}

#[tokio::test]
async fn this_repository() {
    let root = crate::here();
    let manifest = read_manifest(&root).expect("a manifest");
    assert_eq!((manifest.ecosystem, manifest.name.as_str()), (Ecosystem::Rust, "zen-indexer"));
    assert_ne!(manifest.version, "0.0.0");
    let files = walk(&root, &WalkOptions::working_tree()).expect("walked");
    assert!(has_code(&files, "src/sources/walk/mod.rs", "rust"), "{files:?}");
    assert!(files.skipped.iter().any(|skipped| skipped.path == "tests/"), "{files:?}");
    let error = fetch_git("ext::sh -c exit", None, &FetchOptions::default()).await.expect_err("refused");
    assert!(matches!(error, SourceError::Url { .. }), "{error}");
}
