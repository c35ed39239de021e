//! Frames of a write-ahead log.

use bytes::{Buf, Bytes};

use crate::checksum::checksum;
use crate::error::{Error, NEWER, Result};
use crate::header::Header;
use crate::serial::Reader;
use crate::storage::read_pointer;

const VERSION_ENTRY: u64 = 98;
pub(super) const CHECKPOINT: u64 = 99;
const VERSION: u64 = 2;
const ENCRYPTED_VERSION: u64 = 3;
const FRAME_HEADER: usize = 16;

/// A log whose frames are whole.
#[derive(Debug)]
pub(super) struct Log {
    /// That of the database file, if the log names one.
    pub iteration: Option<u64>,
    pub frames: Vec<Frame>,
    /// The end was not written completely.
    pub torn: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Where it is in the log.
    pub offset: u64,
    payload: Bytes,
}

impl Log {
    /// Reads a log; `None` if it is empty.
    pub(super) fn parse(bytes: Bytes, header: &Header) -> Result<Option<Self>> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let mut reader = Reader::over(bytes.clone());
        let iteration = match read_version(&mut reader, header) {
            Ok(iteration) => iteration,
            // The end of the file within the first entry.
            Err(Error::Corrupt { .. }) if reader.rest().is_empty() => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut rest = reader.rest().clone();
        let (mut frames, mut torn) = (Vec::new(), false);
        while !rest.is_empty() {
            let offset = (bytes.len() - rest.len()) as u64;
            match next_frame(&mut rest, offset)? {
                Some(payload) => frames.push(Frame { offset, payload }),
                None => {
                    torn = true;
                    break;
                }
            }
        }
        Ok(Some(Self { iteration, frames, torn }))
    }

    /// The catalog that a checkpoint was about to make the current one.
    pub(super) fn checkpoint(&self) -> Result<Option<u64>> {
        for frame in &self.frames {
            let (kind, mut reader) = frame.open()?;
            if kind == CHECKPOINT {
                let block = if reader.has(101)? { read_pointer(&mut reader)?.block } else { 0 };
                return Ok(Some(block));
            }
        }
        Ok(None)
    }
}

impl Frame {
    /// The type of the entry, and a reader of what follows it.
    pub(super) fn open(&self) -> Result<(u64, Reader)> {
        let mut reader = Reader::over(self.payload.clone());
        let kind = if reader.has(100)? { reader.uint()? } else { 0 };
        Ok((kind, reader))
    }
}

/// The first entry, which has no frame. Returns the iteration.
fn read_version(reader: &mut Reader, header: &Header) -> Result<Option<u64>> {
    let kind = if reader.has(100)? { reader.uint()? } else { 0 };
    if kind != VERSION_ENTRY {
        return Err(Error::unsupported("a write-ahead log of a DuckDB before 0.10", crate::error::CHECKPOINT));
    }
    match if reader.has(101)? { reader.uint()? } else { 0 } {
        VERSION => (),
        ENCRYPTED_VERSION => return Err(Error::Encrypted),
        other => return Err(Error::unsupported(format!("a write-ahead log of version {other}"), NEWER)),
    }
    let database = if reader.has(102)? { Some(reader.list(Reader::uint)?) } else { None };
    let iteration = if reader.has(103)? { Some(reader.uint()?) } else { None };
    reader.end("the version of a write-ahead log")?;
    let expected = header.database_id.iter().map(|byte| u64::from(*byte));
    if database.is_some_and(|database| !expected.eq(database)) {
        return Err(Error::WalMismatch { reason: "it is that of another database".into() });
    }
    // Without an identity a missing field means 0 only where others have one.
    Ok(iteration.or_else(|| header.identifies_wal().then_some(0)))
}

/// Takes a frame off the front; `None` if it is cut.
fn next_frame(rest: &mut Bytes, offset: u64) -> Result<Option<Bytes>> {
    if rest.len() < FRAME_HEADER {
        return Ok(None);
    }
    let size = usize::try_from(rest.get_u64_le()).unwrap_or(usize::MAX);
    let stored = rest.get_u64_le();
    if size > rest.len() {
        return Ok(None);
    }
    let payload = rest.split_to(size);
    if checksum(&payload) != stored {
        return Err(Error::BadChecksum { place: format!("write-ahead log, frame at {offset}") });
    }
    Ok(Some(payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::tests::pages;

    const START: [u8; 8] = [0x64, 0, 0x62, 0x65, 0, 2, 0xff, 0xff];

    fn framed(payload: &[u8]) -> Vec<u8> {
        [&(payload.len() as u64).to_le_bytes()[..], &checksum(payload).to_le_bytes(), payload].concat()
    }

    fn parse(bytes: &[u8]) -> Result<Option<Log>> {
        let header = Header::read(&pages(64, |_| ())).unwrap();
        Log::parse(Bytes::copy_from_slice(bytes), &header)
    }

    #[test]
    fn frames_up_to_the_cut() {
        let flush = [0x64, 0, 0x64, 0xff, 0xff];
        let whole = [&START[..], &framed(&flush), &framed(&flush)].concat();
        for end in 0..=whole.len() {
            let log = parse(&whole[..end]).unwrap();
            let frames = (end.saturating_sub(8)) / 21;
            if end < 8 {
                assert!(log.is_none(), "{end}");
            } else {
                let log = log.unwrap();
                assert_eq!((log.frames.len(), log.torn), (frames, (end - 8) % 21 != 0), "{end}");
            }
        }
    }

    #[test]
    fn refused() {
        let mut flipped = [&START[..], &framed(&[0x64, 0, 0x64, 0xff, 0xff])].concat();
        *flipped.last_mut().unwrap() ^= 1;
        assert!(matches!(parse(&flipped), Err(Error::BadChecksum { .. })));
        assert!(matches!(parse(&[0x64, 0, 0x62, 0x65, 0, 3, 0xff, 0xff]), Err(Error::Encrypted)));
        assert!(matches!(parse(&[0x64, 0, 0x01, 0x65, 0, 2, 0xff, 0xff]), Err(Error::Unsupported { .. })));
        assert!(parse(&[&START[..], &[0xff; 8], &[0; 8]].concat()).unwrap().unwrap().torn);
    }
}
