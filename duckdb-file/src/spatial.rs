//! Geometries in the encoding of the spatial extension, which files of the older storage versions have, as well-known
//! binary.
//!
//! A value begins with 8 bytes: kind, flags, six of no meaning here. A bounding box of `f32` may follow. Then come
//! geometries: kind and number of parts, both of 32 bits, and vertices of `f64` or, for collections, geometries. The
//! rings of a polygon say beforehand how many vertices they have, and are padded to 8 bytes.

use crate::error::{Error, Result};
use crate::strings::Strings;

const LITTLE_ENDIAN: u8 = 1;
const HEADER: usize = 8;
const HAS_Z: u8 = 1;
const HAS_M: u8 = 2;
const HAS_BOX: u8 = 4;
/// Collections may hold collections.
const MAX_DEPTH: usize = 64;

mod kind {
    pub(super) const POINT: u32 = 0;
    pub(super) const LINE_STRING: u32 = 1;
    pub(super) const POLYGON: u32 = 2;
    pub(super) const COLLECTION: u32 = 6;
}

/// The geometries; what stands under a NULL is left out.
pub(crate) fn well_known_binary(geometries: &Strings, valid: &[bool]) -> Result<Strings> {
    let convert = |(bytes, valid): (&[u8], &bool)| {
        let mut out = Vec::new();
        if *valid {
            write(bytes, &mut out)?;
        }
        Ok(out.into())
    };
    Strings::from_list(geometries.iter().zip(valid).map(convert).collect::<Result<_>>()?)
}

fn write(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let flags = *bytes.get(1).ok_or_else(cut)?;
    let has = |flag: u8| usize::from(flags & flag != 0);
    let dimensions = 2 + has(HAS_Z) + has(HAS_M);
    let start = HEADER + has(HAS_BOX) * 8 * dimensions;
    let code = 1000 * has(HAS_Z) as u32 + 2000 * has(HAS_M) as u32;
    let mut reader = Reader { rest: bytes.get(start..).ok_or_else(cut)?, dimensions, code };
    reader.geometry(0, out)
}

fn cut() -> Error {
    Error::corrupt("a geometry is cut")
}

struct Reader<'a> {
    rest: &'a [u8],
    dimensions: usize,
    /// What the kinds of well-known binary have beyond those of two dimensions.
    code: u32,
}

impl Reader<'_> {
    fn number(&mut self) -> Result<u32> {
        let (number, rest) = self.rest.split_first_chunk::<4>().ok_or_else(cut)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*number))
    }

    fn vertices(&mut self, count: u32, out: &mut Vec<u8>) -> Result<()> {
        let length = (count as usize).checked_mul(8 * self.dimensions).ok_or_else(cut)?;
        let (vertices, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
        self.rest = rest;
        out.extend_from_slice(vertices);
        Ok(())
    }

    fn geometry(&mut self, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::limit("nesting of geometries", MAX_DEPTH as u64));
        }
        let (kind, count) = (self.number()?, self.number()?);
        if kind > kind::COLLECTION {
            return Err(Error::corrupt(format!("a geometry of kind {kind}")));
        }
        out.push(LITTLE_ENDIAN);
        out.extend((kind + 1 + self.code).to_le_bytes());
        match kind {
            kind::POINT if count == 0 => (0..self.dimensions).for_each(|_| out.extend(f64::NAN.to_le_bytes())),
            kind::POINT => self.vertices(1, out)?,
            kind::LINE_STRING => {
                out.extend(count.to_le_bytes());
                self.vertices(count, out)?;
            }
            kind::POLYGON => {
                out.extend(count.to_le_bytes());
                let mut rings = Vec::new();
                for _ in 0..count {
                    rings.push(self.number()?);
                }
                if rings.len() % 2 == 1 {
                    self.number()?;
                }
                for ring in rings {
                    out.extend(ring.to_le_bytes());
                    self.vertices(ring, out)?;
                }
            }
            _ => {
                out.extend(count.to_le_bytes());
                for _ in 0..count {
                    self.geometry(depth + 1, out)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(parts: &[&[u8]]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        write(&parts.concat(), &mut out).map(|()| out)
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn doubles(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn points() {
        let point = [numbers(&[0, 0, 0, 1]), doubles(&[1.0, 2.0])].concat();
        assert_eq!(converted(&[&point]).unwrap(), [&[1, 1, 0, 0, 0][..], &doubles(&[1.0, 2.0])].concat());
        let empty = converted(&[&numbers(&[0, 0, 0, 0])]).unwrap();
        assert_eq!(empty.len(), 21);
        assert!(converted(&[&point[..20]]).is_err());
    }

    #[test]
    fn rings_are_padded_and_boxes_skipped() {
        let header = [2, HAS_BOX, 0, 0, 0, 0, 0, 0];
        let ring = doubles(&[0.0, 0.0, 1.0, 1.0]);
        let polygon = [&header[..], &[9; 16], &numbers(&[2, 1, 2, 0]), &ring];
        let expected = [&[1][..], &numbers(&[3, 1, 2]), &ring].concat();
        assert_eq!(converted(&polygon).unwrap(), expected);
        assert!(converted(&[&header, &[9; 8]]).is_err());
        assert!(converted(&[&numbers(&[0, 0, 9, 1])]).is_err());
        let nested = [numbers(&[6, 0]), numbers(&[6, 1].repeat(100))].concat();
        assert!(converted(&[&nested]).is_err());
    }
}
