//! Where the bytes go: standard output, or a file that appears only when it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A buffered target. A file is written beside its final name and takes it in [`Sink::commit`]; when the sink is
/// dropped before, the part is removed and a file that was there is as it was.
pub(super) struct Sink {
    writer: BufWriter<Box<dyn Write + Send>>,
    part: Option<Part>,
    is_closed: Arc<AtomicBool>,
}

struct Part {
    path: PathBuf,
    target: PathBuf,
}

impl Sink {
    pub(super) fn stdout() -> Self {
        Self::over(Box::new(io::stdout()), None)
    }

    /// A file; devices and pipes are written directly.
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        if fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
            return Ok(Self::over(Box::new(File::options().write(true).open(path)?), None));
        }
        // Follow a link, so that the file it leads to is replaced and not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if target.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        let name =
            target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no file name"))?;
        let mut part = std::ffi::OsString::from(".");
        part.push(name);
        part.push(format!(".{}.part", std::process::id()));
        let part = target.with_file_name(part);
        let file = File::create(&part)?;
        Ok(Self::over(Box::new(file), Some(Part { path: part, target })))
    }

    fn over(writer: Box<dyn Write + Send>, part: Option<Part>) -> Self {
        Self { writer: BufWriter::with_capacity(1 << 16, writer), part, is_closed: Arc::default() }
    }

    /// Set once the reader at the other end has gone.
    pub(super) fn closed_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_closed)
    }

    /// Makes what was written final.
    pub(super) fn commit(mut self) -> io::Result<()> {
        self.flush()?;
        match self.part.take() {
            Some(part) => fs::rename(&part.path, &part.target).inspect_err(|_| {
                let _ = fs::remove_file(&part.path);
            }),
            None => Ok(()),
        }
    }

    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if result.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
            self.is_closed.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.writer.write(bytes);
        self.note(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.writer.flush();
        self.note(done)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            let _ = fs::remove_file(&part.path);
        }
    }
}
