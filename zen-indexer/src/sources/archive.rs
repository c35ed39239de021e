//! Archives of packages unpacked: tar, tar.gz, zip and what is these under another name (crate, tgz, whl, jar).
//!
//! An archive is whatever a stranger made it. Nothing is written outside the folder, links and devices are not made, modes and
//! owners are ignored, and sizes are limited.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use crate::sources::error::SourceError;

/// Longest name of one file or folder that file systems take.
const MAX_PART: usize = 255;
/// Deepest nesting of folders.
const MAX_DEPTH: usize = 64;
/// Largest extended header that says a name. Only a hostile one is larger.
const MAX_EXTENDED_HEADER: u64 = 64 << 10;
/// Below this no ratio is suspicious.
const RATIO_FROM: u64 = 32 << 20;

/// How much an archive may hold.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of all files together.
    pub total_bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Number of files and folders.
    pub entries: u64,
    /// How many times its own size an archive may unpack to.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total_bytes: 1 << 30, file_bytes: 256 << 20, entries: 200_000, ratio: 200 }
    }
}

/// What came out of an archive.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// Number of files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Entries that were left out, and why.
    pub skipped: Vec<(String, &'static str)>,
}

/// Unpacks an archive into a folder, which should be new and empty.
pub fn unpack(archive: &Path, into: &Path, limits: &Limits) -> Result<Unpacked, SourceError> {
    unpack_until(archive, into, limits, &Arc::default())
}

/// The same, given up as soon as `cancelled` is set.
pub(crate) fn unpack_until(
    archive: &Path,
    into: &Path,
    limits: &Limits,
    cancelled: &Arc<AtomicBool>,
) -> Result<Unpacked, SourceError> {
    let mut file = File::open(archive).map_err(SourceError::io("open", archive))?;
    let archive_bytes = file.metadata().map_err(SourceError::io("read", archive))?.len();
    fs::create_dir_all(into).map_err(SourceError::io("make the folder", into))?;
    let mut magic = Vec::new();
    Read::by_ref(&mut file).take(512).read_to_end(&mut magic).map_err(SourceError::io("read", archive))?;
    file.seek(SeekFrom::Start(0)).map_err(SourceError::io("read", archive))?;
    let mut unpacking =
        Unpacking { archive, into, limits, archive_bytes, cancelled, entries: 0, done: Unpacked::default() };
    let is_tar = magic.len() == 512 && &magic[257..262] == b"ustar";
    if magic.starts_with(b"\x1f\x8b") {
        unpacking.tar(MultiGzDecoder::new(BufReader::new(file)))?;
    } else if magic.starts_with(b"PK\x03\x04") || magic.starts_with(b"PK\x05\x06") {
        unpacking.zip(BufReader::new(file))?;
    } else if is_tar {
        unpacking.tar(BufReader::new(file))?;
    } else {
        let kind = match magic.as_slice() {
            [b'B', b'Z', b'h', ..] => "bzip2",
            [0xfd, b'7', b'z', ..] => "xz",
            [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstd",
            _ => return Err(unpacking.wrong("it is neither tar, tar.gz nor zip")),
        };
        return Err(unpacking.wrong(format!("it is packed with {kind}; only tar, tar.gz and zip are")));
    }
    Ok(unpacking.done)
}

/// An archive on its way.
struct Unpacking<'a> {
    archive: &'a Path,
    into: &'a Path,
    limits: &'a Limits,
    archive_bytes: u64,
    cancelled: &'a AtomicBool,
    entries: u64,
    done: Unpacked,
}

impl Unpacking<'_> {
    fn wrong(&self, problem: impl Into<String>) -> SourceError {
        SourceError::Archive { path: self.archive.to_path_buf(), problem: problem.into() }
    }

    fn broken(&self, error: &dyn std::fmt::Display) -> SourceError {
        self.wrong(format!("it is broken: {error}"))
    }

    /// One more entry, whatever it is.
    fn count(&mut self) -> Result<(), SourceError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(SourceError::Cancelled(self.archive.to_path_buf()));
        }
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(self.wrong(format!("it has more than {} files and folders", self.limits.entries)));
        }
        Ok(())
    }

    fn skip(&mut self, name: &[u8], reason: &'static str) {
        self.done.skipped.push((String::from_utf8_lossy(name).into_owned(), reason));
    }

    fn tar(&mut self, reader: impl Read) -> Result<(), SourceError> {
        let reader = Bounded { left: self.stream_limit(), inner: reader };
        let mut archive = tar::Archive::new(reader);
        // Raw, since otherwise a name of a gigabyte is read into memory before anyone sees its size.
        let entries = archive.entries().map_err(|error| self.broken(&error))?.raw(true);
        let mut long_name: Option<Vec<u8>> = None;
        for entry in entries {
            let mut entry = entry.map_err(|error| self.broken(&error))?;
            self.count()?;
            let kind = entry.header().entry_type();
            if matches!(
                kind,
                EntryType::GNULongName | EntryType::XHeader | EntryType::GNULongLink | EntryType::XGlobalHeader
            ) {
                let size = entry.size();
                if size > MAX_EXTENDED_HEADER {
                    return Err(self.wrong(format!("it has an extended header of {size} bytes")));
                }
                let mut data = Vec::new();
                entry.read_to_end(&mut data).map_err(|error| self.broken(&error))?;
                match kind {
                    EntryType::GNULongName => {
                        data.truncate(data.iter().position(|byte| *byte == 0).unwrap_or(data.len()));
                        long_name = Some(data);
                    }
                    EntryType::XHeader => long_name = pax_path(&data).or(long_name),
                    _ => {}
                }
                continue;
            }
            let name = long_name.take().unwrap_or_else(|| entry.header().path_bytes().into_owned());
            match kind {
                EntryType::Directory => self.folder(&name)?,
                // A name that ends in '/' makes a folder of a regular file in archives of the old kind.
                EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => self.folder(&name)?,
                EntryType::Regular | EntryType::Continuous => self.file(&name, &mut entry)?,
                EntryType::Symlink | EntryType::Link => self.skip(&name, "a link"),
                _ => self.skip(&name, "neither a file nor a folder"),
            }
        }
        Ok(())
    }

    fn zip(&mut self, reader: impl Read + Seek) -> Result<(), SourceError> {
        let mut archive = zip::ZipArchive::new(reader).map_err(|error| self.broken(&error))?;
        for index in 0..archive.len() {
            self.count()?;
            let mut entry = match archive.by_index(index) {
                Ok(entry) => entry,
                Err(zip::result::ZipError::UnsupportedArchive(_)) => {
                    self.skip(format!("entry {index}").as_bytes(), "encrypted or packed in an unknown way");
                    continue;
                }
                Err(error) => return Err(self.broken(&error)),
            };
            let name = entry.name_raw().to_vec();
            if entry.is_dir() {
                self.folder(&name)?;
            } else if entry.is_symlink() {
                self.skip(&name, "a link");
            } else {
                self.file(&name, &mut entry)?;
            }
        }
        Ok(())
    }

    /// What may come out of the decompressor, headers included.
    fn stream_limit(&self) -> u64 {
        self.limits.total_bytes.saturating_add(self.limits.entries.saturating_mul(2048))
    }

    fn path(&mut self, name: &[u8]) -> Result<Option<PathBuf>, SourceError> {
        match safe_path(name) {
            Ok(path) => Ok(Some(self.into.join(path))),
            Err(Unusable::Skip(reason)) => {
                self.skip(name, reason);
                Ok(None)
            }
            Err(Unusable::Hostile(reason)) => {
                let name = String::from_utf8_lossy(name);
                Err(self.wrong(format!("'{}' in it {reason}", name.escape_debug())))
            }
        }
    }

    fn folder(&mut self, name: &[u8]) -> Result<(), SourceError> {
        let Some(path) = self.path(name)? else { return Ok(()) };
        match fs::create_dir_all(&path) {
            Ok(()) => Ok(()),
            Err(error) if collides(&error) => {
                self.skip(name, "something else has its name");
                Ok(())
            }
            Err(error) => Err(SourceError::io("make the folder", &path)(error)),
        }
    }

    fn file(&mut self, name: &[u8], content: &mut impl Read) -> Result<(), SourceError> {
        let Some(path) = self.path(name)? else { return Ok(()) };
        if path == self.into {
            self.skip(name, "it has no name");
            return Ok(());
        }
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
            // Never through what is there already.
            OpenOptions::new().write(true).create_new(true).open(&path)
        });
        match made {
            Ok(mut file) => self.copy(name, content, &mut file, &path),
            Err(error) if collides(&error) => {
                self.skip(name, "something else has its name");
                Ok(())
            }
            Err(error) => Err(SourceError::io("write", &path)(error)),
        }
    }

    fn copy(&mut self, name: &[u8], content: &mut impl Read, file: &mut File, path: &Path) -> Result<(), SourceError> {
        let mut buffer = vec![0; 64 << 10];
        let mut size = 0;
        loop {
            let read = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(&error)),
            };
            size += read as u64;
            self.done.bytes += read as u64;
            let name = || String::from_utf8_lossy(name);
            if size > self.limits.file_bytes {
                return Err(self.wrong(format!("'{}' in it has more than {} bytes", name(), self.limits.file_bytes)));
            }
            if self.done.bytes > self.limits.total_bytes {
                return Err(self.wrong(format!("it unpacks to more than {} bytes", self.limits.total_bytes)));
            }
            if self.done.bytes > RATIO_FROM && self.done.bytes / self.limits.ratio.max(1) > self.archive_bytes {
                return Err(self.wrong(format!("it unpacks to more than {} times its size", self.limits.ratio)));
            }
            if self.cancelled.load(Ordering::Relaxed) {
                return Err(SourceError::Cancelled(self.archive.to_path_buf()));
            }
            file.write_all(&buffer[..read]).map_err(SourceError::io("write", path))?;
        }
        self.done.files += 1;
        Ok(())
    }
}

/// Whether the file system refused a name and not the whole work.
fn collides(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AlreadyExists
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidFilename
    )
}

/// A reader that fails instead of reading on for ever, as zeros behind the end of a tar would have it.
struct Bounded<R> {
    left: u64,
    inner: R,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left =
            self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other("it unpacks to more than is allowed"))?;
        Ok(read)
    }
}

/// The name that a pax header gives.
fn pax_path(data: &[u8]) -> Option<Vec<u8>> {
    let pairs = tar::PaxExtensions::new(data).flatten();
    pairs.filter(|pair| pair.key_bytes() == b"path").last().map(|pair| pair.value_bytes().to_vec())
}

/// Why a name is not used.
#[derive(Debug, PartialEq, Eq)]
enum Unusable {
    /// Left out; the rest is unpacked.
    Skip(&'static str),
    /// No honest archive has it.
    Hostile(&'static str),
}

/// A path within the folder, or why there is none.
fn safe_path(name: &[u8]) -> Result<PathBuf, Unusable> {
    if name.contains(&0) {
        return Err(Unusable::Hostile("has a NUL in its name"));
    }
    // Some archives made on Windows have its separators. Elsewhere a backslash is a character that no source file needs.
    let name = String::from_utf8_lossy(name).replace('\\', "/");
    if name.starts_with('/') || name.get(1..2) == Some(":") {
        return Err(Unusable::Hostile("is an absolute path"));
    }
    let mut path = PathBuf::new();
    let mut depth = 0;
    for part in name.split('/') {
        match part {
            "" | "." => continue,
            ".." => return Err(Unusable::Hostile("leads out of the folder")),
            _ if part.len() > MAX_PART => return Err(Unusable::Skip("its name is too long")),
            _ if part.contains(|c: char| c.is_control()) => {
                return Err(Unusable::Skip("its name has control characters"));
            }
            _ if cfg!(windows) && part.contains([':', '<', '>', '"', '|', '?', '*']) => {
                return Err(Unusable::Skip("its name has characters that are not allowed here"));
            }
            _ => {}
        }
        depth += 1;
        if depth > MAX_DEPTH {
            return Err(Unusable::Skip("it is nested too deeply"));
        }
        path.push(part);
    }
    // What the platform makes of it must be plain names too.
    if path.components().all(|component| matches!(component, Component::Normal(_))) {
        Ok(path)
    } else {
        Err(Unusable::Hostile("leads out of the folder"))
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
