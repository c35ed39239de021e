//! A DuckDB file as of one moment, while a DuckDB may be writing it.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use duckdb_file::{ByteSource, Database, Error, FilePart, LocalFile, MemoryFiles, Result};

/// Files up to this size are read whole, so that what is decoded later is still there. Of larger ones the blocks are
/// read when they are needed, which fails if a checkpoint came between.
const PINNED_BYTES: u64 = 256 << 20;

/// Where the headers are: a writer changes one of the last two when it makes a new state of the file valid.
const HEADER_BYTES: usize = 3 * 4096;

/// How often reading starts over because of a writer.
const ATTEMPTS: u32 = 50;

/// The signs by which a change of the files shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    header: Bytes,
    parts: Vec<Option<PartStamp>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PartStamp {
    identity: Option<(u64, u64)>,
    length: u64,
    modified: Option<SystemTime>,
    /// The last bytes of a log: it may be cut and grow again within one tick of the clock.
    tail: Bytes,
}

/// Whether a file says that it is a DuckDB database.
pub(crate) fn is_duckdb(path: &Path) -> bool {
    first_bytes(path).is_some_and(|head| head.get(8..12) == Some(b"DUCK"))
}

pub(super) fn is_sqlite(path: &Path) -> bool {
    first_bytes(path).is_some_and(|head| head.starts_with(b"SQLite format 3"))
}

fn first_bytes(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::with_capacity(16);
    std::fs::File::open(path).ok()?.take(16).read_to_end(&mut head).ok()?;
    Some(head)
}

/// Opens the database unless it is as it was at the stamp.
pub(super) fn open_unless(path: &Path, known: Option<&Stamp>) -> Result<Option<(Stamp, Database)>> {
    let mut attempt = 1;
    loop {
        // Taken first: what is written from here on makes a difference to it.
        let stamp = Stamp::take(path)?;
        if Some(&stamp) == known {
            return Ok(None);
        }
        let error = match open(path, &stamp) {
            Ok(database) => return Ok(Some((stamp, database))),
            Err(error) => error,
        };
        let is_changing = matches!(error, Error::Modified) || Stamp::take(path).ok().as_ref() != Some(&stamp);
        // A header or log that is just being written may look damaged without any other sign.
        if attempt == ATTEMPTS || (!is_changing && (attempt > 3 || !may_pass(&error))) {
            return Err(error);
        }
        std::thread::sleep(Duration::from_millis(u64::from(attempt.min(10))));
        attempt += 1;
    }
}

fn may_pass(error: &Error) -> bool {
    matches!(
        error,
        Error::BadChecksum { .. } | Error::Truncated { .. } | Error::Corrupt { .. } | Error::WalMismatch { .. }
    )
}

fn open(path: &Path, stamp: &Stamp) -> Result<Database> {
    let length = std::fs::metadata(path).map_err(unreadable(FilePart::Database))?.len();
    if length > PINNED_BYTES {
        return Database::open(path);
    }
    // The logs first: blocks that they refer to have been written before them.
    let wal = read(path, FilePart::Wal)?;
    let checkpoint_wal = read(path, FilePart::CheckpointWal)?;
    let database = read(path, FilePart::Database)?.ok_or(Error::Modified)?;
    // Blocks that belong to a header are not written before the next header is.
    if database.get(..stamp.header.len()) != Some(&stamp.header[..]) || header(path)? != stamp.header {
        return Err(Error::Modified);
    }
    Database::open_files(&MemoryFiles { database, wal, checkpoint_wal })
}

fn read(path: &Path, part: FilePart) -> Result<Option<Bytes>> {
    let file = match LocalFile::open(&part_path(path, part)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(part)(error)),
    };
    let length = file.size().map_err(unreadable(part))?;
    let length = usize::try_from(length).map_err(|_| Error::Modified)?;
    file.read_at(0, length).map(Some).map_err(unreadable(part))
}

fn header(path: &Path) -> Result<Bytes> {
    let part = FilePart::Database;
    let file = LocalFile::open(path).map_err(unreadable(part))?;
    let length = file.size().map_err(unreadable(part))?;
    // A shorter file is none of DuckDB's, which is found when it is opened.
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(HEADER_BYTES);
    file.read_at(0, length).map_err(unreadable(part))
}

fn part_path(path: &Path, part: FilePart) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(part.suffix());
    name.into()
}

/// A file that ends before its length has been cut by a writer.
fn unreadable(part: FilePart) -> impl Fn(std::io::Error) -> Error {
    let file = match part {
        FilePart::Database => "database file",
        FilePart::Wal => "write-ahead log",
        FilePart::CheckpointWal => "write-ahead log of the checkpoint",
    };
    move |source| match source.kind() {
        ErrorKind::UnexpectedEof => Error::Modified,
        _ => Error::Io { file, source },
    }
}

impl Stamp {
    fn take(path: &Path) -> Result<Self> {
        let parts = [FilePart::Database, FilePart::Wal, FilePart::CheckpointWal];
        let parts =
            parts.into_iter().map(|part| PartStamp::take(&part_path(path, part), part)).collect::<Result<_>>()?;
        Ok(Self { header: header(path)?, parts })
    }
}

impl PartStamp {
    fn take(path: &Path, part: FilePart) -> Result<Option<Self>> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound && part != FilePart::Database => return Ok(None),
            Err(error) => return Err(unreadable(part)(error)),
        };
        let length = metadata.len();
        let tail = match part {
            FilePart::Database => Bytes::new(),
            _ => {
                let taken = length.min(64);
                let read = LocalFile::open(path).and_then(|file| file.read_at(length - taken, taken as usize));
                match read {
                    Ok(tail) => tail,
                    // Gone or cut since: what is found later decides.
                    Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) => {
                        Bytes::new()
                    }
                    Err(error) => return Err(unreadable(part)(error)),
                }
            }
        };
        Ok(Some(Self { identity: identity(&metadata), length, modified: metadata.modified().ok(), tail }))
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Option<(u64, u64)> {
    None
}
