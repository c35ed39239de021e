//! The write-ahead log beside a database file: what was committed since the last checkpoint.

mod alter;
pub(crate) mod chunk;
mod date;
mod default;
mod log;
mod replay;
pub(crate) mod rows;
pub(crate) mod updates;

use bytes::Bytes;

use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::header::Header;
use log::Log;

/// Applies the logs of a database to what its file holds.
pub(crate) fn replay(
    catalog: &mut Catalog,
    header: &Header,
    main: Option<Bytes>,
    checkpoint: Option<Bytes>,
) -> Result<()> {
    let Some(main) = main.map(|bytes| Log::parse(bytes, header)).transpose()?.flatten() else {
        return Ok(());
    };
    let marker = main.checkpoint()?;
    let done = marker.is_some_and(|meta_block| meta_block == header.meta_block);
    match header.iteration.checked_sub(main.iteration.unwrap_or(header.iteration)) {
        Some(0) => (),
        Some(1) if done => (),
        _ => return Err(mismatch("iteration", main.iteration, header.iteration)),
    }
    if !done {
        replay::apply(catalog, &main)?;
    }
    let (Some(_), Some(bytes)) = (marker, checkpoint) else { return Ok(()) };
    // The rest of a transaction that the main log was cut in cannot be in the other.
    if main.torn && !done {
        return Err(Error::WalMismatch { reason: "it is cut although a second log goes on".into() });
    }
    let Some(second) = Log::parse(bytes, header)? else { return Ok(()) };
    if second.checkpoint()?.is_some() {
        return Err(Error::WalMismatch { reason: "the log of a checkpoint holds a checkpoint itself".into() });
    }
    let iteration = second.iteration.unwrap_or(header.iteration);
    if iteration != header.iteration && Some(iteration) != header.iteration.checked_add(1) {
        return Err(mismatch("iteration of the second log", second.iteration, header.iteration));
    }
    replay::apply(catalog, &second)
}

fn mismatch(what: &str, of_log: Option<u64>, of_file: u64) -> Error {
    Error::WalMismatch { reason: format!("its {what} is {}, the file's {of_file}", of_log.unwrap_or(0)) }
}
