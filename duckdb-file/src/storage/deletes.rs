//! Which rows of a row group are deleted.

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::blocks::Blocks;
use crate::error::{Error, NEWER, Result};
use crate::serial::{MetaPointer, Reader};

/// Rows that are described together.
const VECTOR: u64 = 2048;

/// The deleted positions of a group of that many rows.
pub(crate) fn read_deletes(blocks: &Arc<Blocks>, pointer: MetaPointer, rows: u64) -> Result<RoaringBitmap> {
    parse(&mut Reader::at(blocks, pointer)?, rows)
}

fn parse(reader: &mut Reader, rows: u64) -> Result<RoaringBitmap> {
    let mut deleted = RoaringBitmap::new();
    let count = reader.fixed_u64()?;
    let vectors = rows.div_ceil(VECTOR);
    if count > vectors {
        return Err(Error::corrupt(format!("deletes of {count} vectors in a group of {vectors}")));
    }
    for _ in 0..count {
        let vector = reader.fixed_u64()?;
        if vector >= vectors {
            return Err(Error::corrupt(format!("deletes of vector {vector} in a group of {vectors}")));
        }
        // Groups have at most 2^24 rows.
        let first = (vector * VECTOR) as u32;
        let end = ((vector + 1) * VECTOR).min(rows) as u32;
        match reader.u8()? {
            0 => {
                reader.fixed_u64()?;
                deleted.insert_range(first..end);
            }
            1 => {
                reader.fixed_u64()?;
                read_vector(reader, &mut deleted, first, end)?;
            }
            2 => (),
            kind => return Err(Error::unsupported(format!("deletes of kind {kind}"), NEWER)),
        }
    }
    Ok(deleted)
}

fn read_vector(reader: &mut Reader, deleted: &mut RoaringBitmap, first: u32, end: u32) -> Result<()> {
    match reader.u8()? {
        0 => {
            let bits = reader.bytes(VECTOR / 8)?;
            let positions = (first..end).zip(0..);
            deleted.extend(positions.filter(|(_, at)| bits[at / 8] >> (at % 8) & 1 == 1).map(|(row, _)| row));
        }
        1 => deleted.extend(read_positions(reader, first, end)?),
        2 => {
            let kept = read_positions(reader, first, end)?;
            deleted.insert_range(first..end);
            for row in kept {
                deleted.remove(row);
            }
        }
        form => return Err(Error::unsupported(format!("deletes in the form {form}"), NEWER)),
    }
    Ok(())
}

fn read_positions(reader: &mut Reader, first: u32, end: u32) -> Result<Vec<u32>> {
    let count = reader.fixed_u32()?;
    let mut rows = Vec::new();
    for _ in 0..count {
        let row = first + u32::from(reader.fixed_u16()?);
        if row < end {
            rows.push(row);
        }
    }
    if rows.len() as u64 > VECTOR {
        return Err(Error::corrupt("more deletes in a vector than it has rows"));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn deleted(vectors: &[(u64, Vec<u8>)], rows: u64) -> Result<Vec<u32>> {
        let mut bytes = (vectors.len() as u64).to_le_bytes().to_vec();
        for (vector, rest) in vectors {
            bytes.extend(vector.to_le_bytes());
            bytes.extend(rest);
        }
        Ok(parse(&mut Reader::over(Bytes::from(bytes)), rows)?.iter().collect())
    }

    #[test]
    fn every_form() {
        let start = [0; 8];
        let whole = [&[0_u8][..], &start].concat();
        assert_eq!(deleted(&[(1, whole)], 2050).unwrap(), [2048, 2049]);
        let listed = [&[1_u8][..], &start, &[1, 2, 0, 0, 0, 3, 0, 0, 1]].concat();
        assert_eq!(deleted(&[(0, listed)], 3000).unwrap(), [3, 256]);
        let kept = [&[1_u8][..], &start, &[2, 1, 0, 0, 0, 1, 0]].concat();
        assert_eq!(deleted(&[(0, kept)], 4).unwrap(), [0, 2, 3]);
        let mut bits = [&[1_u8][..], &start, &[0]].concat();
        bits.extend([0b101; 1]);
        bits.extend([0; 255]);
        assert_eq!(deleted(&[(1, bits)], 4096).unwrap(), [2048, 2050]);
        assert_eq!(deleted(&[(0, vec![2])], 10).unwrap(), [0_u32; 0]);
    }

    #[test]
    fn refused() {
        assert!(deleted(&[(2, vec![2])], 4096).is_err());
        assert!(deleted(&[(0, vec![3])], 4096).is_err());
        assert!(deleted(&[(0, vec![0, 0])], 4096).is_err());
        assert!(deleted(&[(0, vec![2]), (0, vec![2])], 10).is_err());
    }
}
