//! Geometries that are stored as columns of coordinates, as well-known binary.

use crate::error::{Error, Result};
use crate::storage::Vertices;
use crate::strings::Strings;
use crate::vector::{Data, Vector};

const LITTLE_ENDIAN: u8 = 1;
const POINT: u8 = 1;
const LINE_STRING: u8 = 2;
const POLYGON: u8 = 3;
/// What the kind of a geometry's parts is less than its own.
const MULTI: u8 = 3;

/// The geometries of a column; empty where it is NULL.
pub(crate) fn well_known_binary(vector: &Vector, vertices: Vertices, kind: u8) -> Result<Strings> {
    let writer = Writer { dimension_code: vertices as u32 };
    let write = |row: usize| {
        let mut out = Vec::new();
        if vector.valid[row] {
            writer.geometry(&mut out, vector, row, kind)?;
        }
        Ok(out.into())
    };
    Strings::from_list((0..vector.rows()).map(write).collect::<Result<_>>()?)
}

struct Writer {
    dimension_code: u32,
}

impl Writer {
    fn geometry(&self, out: &mut Vec<u8>, vector: &Vector, row: usize, kind: u8) -> Result<()> {
        out.push(LITTLE_ENDIAN);
        out.extend((u32::from(kind) + self.dimension_code).to_le_bytes());
        match kind {
            POINT => vertex(out, vector, row),
            LINE_STRING => parts(out, vector, row, vertex),
            POLYGON => parts(out, vector, row, |out, rings, ring| parts(out, rings, ring, vertex)),
            multi => parts(out, vector, row, |out, children, child| self.geometry(out, children, child, multi - MULTI)),
        }
    }
}

/// How many parts, then the parts.
fn parts(
    out: &mut Vec<u8>,
    vector: &Vector,
    row: usize,
    mut part: impl FnMut(&mut Vec<u8>, &Vector, usize) -> Result<()>,
) -> Result<()> {
    let Data::List { ends, child } = &vector.data else {
        return Err(Error::corrupt("coordinates of another geometry"));
    };
    let start = if row == 0 { 0 } else { ends[row - 1] };
    out.extend(((ends[row] - start) as u32).to_le_bytes());
    (start..ends[row]).try_for_each(|element| part(out, child, element))
}

fn vertex(out: &mut Vec<u8>, vector: &Vector, row: usize) -> Result<()> {
    let Data::Struct(axes) = &vector.data else {
        return Err(Error::corrupt("coordinates of another geometry"));
    };
    for axis in axes {
        match &axis.data {
            Data::Fixed { width: 8, bytes } => out.extend_from_slice(&bytes[row * 8..row * 8 + 8]),
            _ => return Err(Error::corrupt("coordinates that are not DOUBLE")),
        }
    }
    Ok(())
}
