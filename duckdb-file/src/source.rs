//! Where the bytes come from.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

/// Random access to the bytes of one file.
pub trait ByteSource: Send + Sync + std::fmt::Debug {
    /// Length of the file now.
    ///
    /// # Errors
    /// Those of the storage behind it.
    fn size(&self) -> io::Result<u64>;

    /// The `length` bytes from `offset` on.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedEof`] if there are fewer, and those of the storage behind it.
    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes>;
}

/// The files that make up one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePart {
    /// The database file itself.
    Database,
    /// `<database>.wal`, the write-ahead log.
    Wal,
    /// `<database>.wal.checkpoint`, what was written while a checkpoint ran (DuckDB 1.5 and later).
    CheckpointWal,
}

impl FilePart {
    /// What is added to the name of the database file.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Database => "",
            Self::Wal => ".wal",
            Self::CheckpointWal => ".wal.checkpoint",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Database => "database file",
            Self::Wal => "write-ahead log",
            Self::CheckpointWal => "write-ahead log of the checkpoint",
        }
    }
}

/// Opens the files of one database; asked afresh whenever reading starts over.
pub trait FileSet: Send + Sync {
    /// The part, or `None` if there is no such file.
    ///
    /// # Errors
    /// Those of the storage behind it.
    fn open(&self, part: FilePart) -> io::Result<Option<Arc<dyn ByteSource>>>;
}

/// A database on the local file system.
#[derive(Clone, Debug)]
pub struct LocalFiles {
    path: PathBuf,
}

impl LocalFiles {
    /// The database at `path` and its logs beside it.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_path_buf() }
    }
}

impl FileSet for LocalFiles {
    fn open(&self, part: FilePart) -> io::Result<Option<Arc<dyn ByteSource>>> {
        let mut name = self.path.clone().into_os_string();
        name.push(part.suffix());
        match LocalFile::open(name.as_ref()) {
            Ok(file) => Ok(Some(Arc::new(file))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A database in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    /// The database file.
    pub database: Bytes,
    /// Its write-ahead log, if there is one.
    pub wal: Option<Bytes>,
    /// The log of a checkpoint, if there is one.
    pub checkpoint_wal: Option<Bytes>,
}

impl FileSet for MemoryFiles {
    fn open(&self, part: FilePart) -> io::Result<Option<Arc<dyn ByteSource>>> {
        let bytes = match part {
            FilePart::Database => Some(&self.database),
            FilePart::Wal => self.wal.as_ref(),
            FilePart::CheckpointWal => self.checkpoint_wal.as_ref(),
        };
        Ok(bytes.map(|bytes| Arc::new(bytes.clone()) as Arc<dyn ByteSource>))
    }
}

impl ByteSource for Bytes {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let start = usize::try_from(offset).map_err(|_| ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(length).filter(|end| *end <= self.len()).ok_or(ErrorKind::UnexpectedEof)?;
        Ok(self.slice(start..end))
    }
}

/// An open file of the local file system. No lock is taken.
#[derive(Debug)]
pub struct LocalFile {
    file: File,
}

impl LocalFile {
    /// Opens the file for reading.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(path)? })
    }
}

impl ByteSource for LocalFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let mut buffer = vec![0; length];
        read_exact_at(&self.file, &mut buffer, offset)?;
        Ok(buffer.into())
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            read => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
        }
    }
    Ok(())
}
