//! The real model on the real library, and what happens where either is not as it should be.
//!
//! Needs `ZEN_MODEL_DIR` and `ORT_DYLIB_PATH`, which `cargo xtask test` sets.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use zen_indexer::embed::{DIMENSIONS, Embedder, ModelOptions, embed_all, open_model, symbol_text};

/// The model's folder and the library; without them a test says so and passes, or fails where all must be there.
fn real() -> Option<(PathBuf, PathBuf)> {
    let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let found = var("ZEN_MODEL_DIR").zip(var("ORT_DYLIB_PATH"));
    if found.is_none() {
        let test = std::thread::current().name().unwrap_or_default().to_string();
        // Past the test's captured output, which nobody sees when it passes.
        let variables = "set ZEN_MODEL_DIR and ORT_DYLIB_PATH (cargo xtask env says to what)";
        let said = format!("\n*** SKIPPED {test}: {variables} ***\n\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        assert!(std::env::var_os("QUACKLAKE_REQUIRE_ALL").is_none(), "the embedding model must be there");
    }
    found
}

fn model() -> Option<Box<dyn Embedder>> {
    real().map(|_| open_model(&ModelOptions::default()).unwrap())
}

fn fixture(name: &str) -> PathBuf {
    crate::here().join("tests/fixtures").join(name)
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// What sentence-transformers says of texts of all kinds.
fn reference() -> Vec<(String, Vec<f32>)> {
    #[derive(serde::Deserialize)]
    struct Reference {
        pairs: Vec<Pair>,
    }
    #[derive(serde::Deserialize)]
    struct Pair {
        text: String,
        vector: Vec<f32>,
    }
    let text = fs::read_to_string(fixture("all-minilm-l6-v2.json")).unwrap();
    let reference: Reference = serde_json::from_str(&text).unwrap();
    reference.pairs.into_iter().map(|pair| (pair.text, pair.vector)).collect()
}

#[test]
fn vectors_are_those_of_sentence_transformers() {
    let Some(model) = model() else { return };
    let reference = reference();
    let texts: Vec<&str> = reference.iter().map(|(text, _)| text.as_str()).collect();
    for vectors in [model.embed(&texts).unwrap(), embed_all(&*model, &texts, &mut go_on).unwrap()] {
        assert_eq!(vectors.len(), reference.len());
        for ((text, wanted), vector) in reference.iter().zip(&vectors) {
            assert_eq!(vector.len(), DIMENSIONS);
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            assert!((length - 1.0).abs() < 1e-5, "length {length} for {text:?}");
            let likeness = cosine(vector, wanted);
            assert!(likeness > 0.9999, "cosine {likeness} for {text:?}");
        }
    }
}

#[test]
fn near_texts_have_near_vectors() {
    let Some(model) = model() else { return };
    let docs = Some("Spawns a new asynchronous task.");
    let spawn = symbol_text("fn", "tokio::spawn", "src/task/spawn.rs", "pub fn spawn<F>(future: F)", docs);
    let texts = ["how to spawn an asynchronous task", &spawn, "a recipe for apple pie"];
    let vectors = model.embed(&texts).unwrap();
    let (near, far) = (cosine(&vectors[0], &vectors[1]), cosine(&vectors[0], &vectors[2]));
    assert!(near > far + 0.2, "{near} against {far}");
}

#[test]
fn hostile_texts_are_texts() {
    let Some(model) = model() else { return };
    let texts =
        ["a".repeat(1 << 20), " ".repeat(1 << 20), "\0".repeat(5000), "🦆".repeat(100_000), "\u{202e}\u{feff}".into()];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for text in &texts {
        assert!((1..=256).contains(&model.tokens(text)));
    }
    // Also checks that every number is finite.
    assert_eq!(embed_all(&*model, &texts, &mut go_on).unwrap().len(), texts.len());
    assert!(model.embed(&[]).unwrap().is_empty());
}

#[test]
fn many_threads_may_use_one_model() {
    let Some(model) = model() else { return };
    let alone = model.embed(&["a text"]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(cosine(&model.embed(&["a text"]).unwrap()[0], &alone[0]) > 0.99999));
        }
    });
}

/// The error, and those behind it, on one line.
fn failure(options: &ModelOptions) -> String {
    let Err(error) = open_model(options) else { panic!("a model was opened") };
    let mut text = error.to_string();
    let mut next = std::error::Error::source(&error);
    while let Some(error) = next {
        text += &format!(": {error}");
        next = error.source();
    }
    text
}

fn in_folder(folder: &Path) -> ModelOptions {
    ModelOptions { model_dir: Some(folder.into()), ..ModelOptions::default() }
}

/// The real model's files, linked, so that single ones can be replaced.
fn linked(model: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(model).unwrap() {
        let path = entry.unwrap().path();
        let link = folder.path().join(path.file_name().unwrap());
        fs::hard_link(&path, &link).or_else(|_| fs::copy(&path, &link).map(drop)).unwrap();
    }
    folder
}

#[test]
fn folders_without_a_model_are_errors() {
    let Some((model, _)) = real() else { return };
    let absent = failure(&in_folder(Path::new("/no/such/folder")));
    assert!(
        absent.starts_with("/no/such/folder, named by --model-dir, is no model folder: it has no model.onnx"),
        "{absent}"
    );
    for way in ["a hub", "ZEN_MODEL_DIR", "--model-dir", "--no-embeddings"] {
        assert!(absent.contains(way), "{absent} does not name {way}");
    }
    let folder = linked(&model);
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    assert!(failure(&in_folder(folder.path())).contains("it has no tokenizer.json"));
}

#[test]
fn broken_models_are_errors() {
    let Some((model, _)) = real() else { return };
    for file in ["model.onnx", "tokenizer.json", "config.json", "tokenizer_config.json", "special_tokens_map.json"] {
        for content in ["", "{}", "[1,", "\u{8}\u{7}garbage"] {
            let folder = linked(&model);
            fs::remove_file(folder.path().join(file)).unwrap();
            fs::write(folder.path().join(file), content).unwrap();
            // These two are whole without any entry.
            if content == "{}" && ["config.json", "special_tokens_map.json"].contains(&file) {
                open_model(&in_folder(folder.path())).map(drop).unwrap();
                continue;
            }
            let error = failure(&in_folder(folder.path()));
            assert!(error.starts_with("cannot load the embedding model in"), "{file} as {content:?}: {error}");
        }
    }
    // Cut off in the middle, as by a full disk.
    let folder = linked(&model);
    let half = fs::read(model.join("model.onnx")).unwrap();
    fs::remove_file(folder.path().join("model.onnx")).unwrap();
    fs::write(folder.path().join("model.onnx"), &half[..half.len() / 2]).unwrap();
    assert!(failure(&in_folder(folder.path())).starts_with("cannot load the embedding model in"));
}

#[test]
fn a_model_of_other_dimensions_is_an_error() {
    let Some(_) = real() else { return };
    let error = failure(&in_folder(&fixture("narrow-model")));
    assert!(error.ends_with("makes vectors of 3 numbers, the lake's have 384: use all-MiniLM-L6-v2"), "{error}");
}

/// Run in a process of its own by [`opened_with`]: a process has one environment, and loads one library.
#[test]
fn child_opens_a_model() {
    let Some(mode) = std::env::var_os(crate::CHILD) else { return };
    let options = ModelOptions { offline: mode == "offline", ..ModelOptions::default() };
    match open_model(&options) {
        Ok(model) => println!("opened {}: {}", model.name(), model.embed(&["a text"]).unwrap()[0].len()),
        Err(_) => println!("failed {}", failure(&options)),
    }
}

/// What opening a model says in a process with no environment but this.
fn opened_with<V: AsRef<OsStr>>(vars: &[(&str, V)]) -> String {
    let mut child = crate::child("embed::child_opens_a_model");
    child.env_clear().env(crate::CHILD, "offline");
    let done = child.envs(vars.iter().map(|(name, value)| (name, value.as_ref()))).output().unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{text}\n{}", String::from_utf8_lossy(&done.stderr));
    let said = text.lines().find(|line| line.starts_with("opened") || line.starts_with("failed"));
    said.unwrap_or_else(|| panic!("{text}")).to_string()
}

#[test]
fn a_named_library_must_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.so");
    fs::write(&garbage, "no library").unwrap();
    for path in [&garbage, &folder.path().join("absent.so"), folder.path()] {
        let said = opened_with(&[("ORT_DYLIB_PATH", path)]);
        let wanted = format!("failed cannot use the ONNX Runtime library {}, named by ORT_DYLIB_PATH", path.display());
        assert!(said.starts_with(&wanted), "{said}");
        assert!(said.contains("pip install onnxruntime") && said.contains("--no-embeddings"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn libraries_and_models_are_found_by_themselves() {
    use std::os::unix::fs::symlink;
    let Some((model, library)) = real() else { return };
    let folder = tempfile::tempdir().unwrap();
    let capi = folder.path().join("venv/lib/python3.11/site-packages/onnxruntime/capi");
    fs::create_dir_all(&capi).unwrap();
    symlink(&library, capi.join("libonnxruntime.so.1.30.0")).unwrap();
    // Looks newer, and does not stand in the way.
    fs::write(capi.join("libonnxruntime.so.9.9.9"), "no library").unwrap();
    let repository = folder.path().join("hf/hub/models--Qdrant--all-MiniLM-L6-v2-onnx");
    fs::create_dir_all(repository.join("snapshots")).unwrap();
    fs::create_dir_all(repository.join("refs")).unwrap();
    symlink(&model, repository.join("snapshots/c0ffee")).unwrap();
    fs::write(repository.join("refs/main"), "c0ffee").unwrap();

    let venv = ("VIRTUAL_ENV", folder.path().join("venv"));
    let said = opened_with(&[venv.clone(), ("HF_HOME", folder.path().join("hf"))]);
    assert_eq!(said, "opened all-MiniLM-L6-v2: 384");
    let said = opened_with(&[venv.clone(), ("ZEN_MODEL_DIR", model)]);
    assert_eq!(said, "opened all-MiniLM-L6-v2: 384");
    let said = opened_with(&[venv.clone(), ("HF_HOME", folder.path().join("empty"))]);
    assert!(said.starts_with("failed no embedding model: all-MiniLM-L6-v2 is not in "), "{said}");
    assert!(said.contains("empty/hub") && said.contains("offline"), "{said}");
    let nobody = [(crate::CHILD, "online".into()), ("HF_ENDPOINT", "http://127.0.0.1:9".into())];
    let empty = [venv.clone(), ("HF_HOME", folder.path().join("empty"))];
    let said = opened_with(&[&nobody[..], &empty].concat());
    assert!(said.contains("downloading it from http://127.0.0.1:9 failed; let it be downloaded once"), "{said}");
    assert!(said.contains("cannot get config.json of Qdrant/all-MiniLM-L6-v2-onnx: request error: "), "{said}");
    let said = opened_with(&[venv, ("ZEN_MODEL_DIR", folder.path().join("venv"))]);
    assert!(said.contains("named by ZEN_MODEL_DIR, is no model folder"), "{said}");
}
