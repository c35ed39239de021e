//! Geometry values: WKB to the WKT text that DuckDB prints.

use std::fmt::Write;

use crate::FormatError;

/// Nesting of collections that DuckDB reads, the outermost geometry included.
const MAX_DEPTH: usize = 16;

/// The WKT text of a WKB value as DuckDB prints a `GEOMETRY`: `POINT (1 2)`, `LINESTRING Z (0 0 0, 1 1 1)`,
/// `MULTIPOINT (EMPTY, 1 2)`, `POINT EMPTY` (all coordinates NaN).
///
/// Accepts either byte order, ISO type codes (+1000 Z, +2000 M, +3000 both), and the EWKB flags for Z, M and
/// SRID (which is not printed).
///
/// # Errors
/// [`FormatError::InvalidBytes`] for types that DuckDB has no geometry for (curves, surfaces), mixed dimensions,
/// members of the wrong type, collections nested more than 16 deep, missing or superfluous bytes.
pub fn wkt(wkb: &[u8]) -> Result<String, FormatError> {
    let mut reader = Reader { bytes: wkb, text: String::new() };
    let header = reader.header()?;
    reader.tagged(header, 1)?;
    match reader.bytes.len() {
        0 => Ok(reader.text),
        more => Err(invalid(format!("{more} bytes follow it"))),
    }
}

/// Calls `visit` with every vertex of a WKB value (x, y, z, m, where it has them); returns the name of its type as
/// DuckLake's statistics have it, for example `linestring_z`.
///
/// # Errors
/// As [`wkt`].
pub(crate) fn for_each_vertex(wkb: &[u8], mut visit: impl FnMut([Option<f64>; 4])) -> Result<String, FormatError> {
    let mut reader = Reader { bytes: wkb, text: String::new() };
    let header = reader.header()?;
    reader.visit(header, 1, &mut visit)?;
    if !reader.bytes.is_empty() {
        return Err(invalid(format!("{} bytes follow it", reader.bytes.len())));
    }
    let dimensions = match (header.z, header.m) {
        (false, false) => "",
        (true, false) => "_z",
        (false, true) => "_m",
        (true, true) => "_zm",
    };
    Ok(header.shape.name().to_ascii_lowercase() + dimensions)
}

fn invalid(problem: impl Into<String>) -> FormatError {
    FormatError::invalid_bytes("geometry", problem)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
    GeometryCollection,
}

impl Shape {
    fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::Point,
            2 => Self::LineString,
            3 => Self::Polygon,
            4 => Self::MultiPoint,
            5 => Self::MultiLineString,
            6 => Self::MultiPolygon,
            7 => Self::GeometryCollection,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Point => "POINT",
            Self::LineString => "LINESTRING",
            Self::Polygon => "POLYGON",
            Self::MultiPoint => "MULTIPOINT",
            Self::MultiLineString => "MULTILINESTRING",
            Self::MultiPolygon => "MULTIPOLYGON",
            Self::GeometryCollection => "GEOMETRYCOLLECTION",
        }
    }
}

/// Byte order, shape and dimensions that stand before every geometry, members included.
#[derive(Debug, Clone, Copy)]
struct Header {
    little_endian: bool,
    shape: Shape,
    z: bool,
    m: bool,
}

impl Header {
    fn dimensions(self) -> usize {
        2 + usize::from(self.z) + usize::from(self.m)
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: String,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let (head, rest) = self.bytes.split_first_chunk::<N>().ok_or_else(|| invalid("it ends too early"))?;
        self.bytes = rest;
        Ok(*head)
    }

    fn u32(&mut self, little_endian: bool) -> Result<u32, FormatError> {
        let bytes = self.take()?;
        Ok(if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn header(&mut self) -> Result<Header, FormatError> {
        let little_endian = match self.take()? {
            [0] => false,
            [1] => true,
            [other] => return Err(invalid(format!("{other} is no byte order"))),
        };
        let code = self.u32(little_endian)?;
        let (flags, iso) = (code >> 29, code & 0x1FFF_FFFF);
        if flags & 1 != 0 {
            self.u32(little_endian)?; // the SRID
        }
        let unknown = || invalid(format!("type {code} is not supported"));
        let dimensions = iso / 1000;
        if dimensions > 3 {
            return Err(unknown());
        }
        let shape = Shape::from_code(iso % 1000).ok_or_else(unknown)?;
        Ok(Header {
            little_endian,
            shape,
            z: flags & 4 != 0 || dimensions & 1 != 0,
            m: flags & 2 != 0 || dimensions & 2 != 0,
        })
    }

    /// A member of `parent`, which must have its dimensions.
    fn member_header(&mut self, parent: Header) -> Result<Header, FormatError> {
        let member = self.header()?;
        if (member.z, member.m) != (parent.z, parent.m) {
            return Err(invalid(format!("its {} mixes dimensions", parent.shape.name())));
        }
        Ok(member)
    }

    /// Writes the geometry with its name.
    fn tagged(&mut self, header: Header, depth: usize) -> Result<(), FormatError> {
        if depth > MAX_DEPTH {
            return Err(invalid(format!("it nests collections more than {MAX_DEPTH} deep")));
        }
        self.text.push_str(header.shape.name());
        self.text.push_str(match (header.z, header.m) {
            (false, false) => " ",
            (true, false) => " Z ",
            (false, true) => " M ",
            (true, true) => " ZM ",
        });
        self.untagged(header, depth)
    }

    /// Writes the part behind the name: `EMPTY` or parentheses.
    fn untagged(&mut self, header: Header, depth: usize) -> Result<(), FormatError> {
        match header.shape {
            Shape::Point => self.point(header, true),
            Shape::LineString => self.line(header),
            Shape::Polygon => self.sequence(header, |reader| reader.line(header)),
            Shape::MultiPoint => self.members(header, Shape::Point, |reader, member| reader.point(member, false)),
            Shape::MultiLineString => self.members(header, Shape::LineString, Self::line),
            Shape::MultiPolygon => self.members(header, Shape::Polygon, |reader, member| {
                reader.sequence(member, |reader| reader.line(member))
            }),
            Shape::GeometryCollection => self.sequence(header, |reader| {
                let member = reader.member_header(header)?;
                reader.tagged(member, depth + 1)
            }),
        }
    }

    fn members(
        &mut self,
        header: Header,
        shape: Shape,
        mut item: impl FnMut(&mut Self, Header) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        self.sequence(header, |reader| {
            let member = reader.member_header(header)?;
            if member.shape != shape {
                return Err(invalid(format!("its {} holds a {}", header.shape.name(), member.shape.name())));
            }
            item(reader, member)
        })
    }

    /// A counted sequence: `EMPTY`, or `(a, b)`. A false count ends with the input, as every item takes bytes.
    fn sequence(
        &mut self,
        header: Header,
        mut item: impl FnMut(&mut Self) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        let count = self.u32(header.little_endian)?;
        if count == 0 {
            self.text.push_str("EMPTY");
            return Ok(());
        }
        for i in 0..count {
            self.text.push_str(if i == 0 { "(" } else { ", " });
            item(self)?;
        }
        self.text.push(')');
        Ok(())
    }

    fn line(&mut self, header: Header) -> Result<(), FormatError> {
        self.sequence(header, |reader| {
            let vertex = reader.vertex(header)?;
            reader.write_vertex(&vertex[..header.dimensions()]);
            Ok(())
        })
    }

    /// A point; WKB has no empty one, so all coordinates NaN stand for it.
    fn point(&mut self, header: Header, parentheses: bool) -> Result<(), FormatError> {
        let vertex = self.vertex(header)?;
        let vertex = &vertex[..header.dimensions()];
        if vertex.iter().all(|value| value.is_nan()) {
            self.text.push_str("EMPTY");
        } else if parentheses {
            self.text.push('(');
            self.write_vertex(vertex);
            self.text.push(')');
        } else {
            self.write_vertex(vertex);
        }
        Ok(())
    }

    /// Visits the vertices of the part behind a header.
    fn visit(
        &mut self,
        header: Header,
        depth: usize,
        visit: &mut impl FnMut([Option<f64>; 4]),
    ) -> Result<(), FormatError> {
        if depth > MAX_DEPTH {
            return Err(invalid(format!("it nests collections more than {MAX_DEPTH} deep")));
        }
        let parts = if header.shape == Shape::Point { 1 } else { self.u32(header.little_endian)? };
        for _ in 0..parts {
            match header.shape {
                Shape::Point | Shape::LineString => self.visit_vertex(header, visit)?,
                Shape::Polygon => {
                    for _ in 0..self.u32(header.little_endian)? {
                        self.visit_vertex(header, visit)?;
                    }
                }
                Shape::MultiPoint | Shape::MultiLineString | Shape::MultiPolygon | Shape::GeometryCollection => {
                    let member = self.member_header(header)?;
                    self.visit(member, depth + 1, visit)?;
                }
            }
        }
        Ok(())
    }

    fn visit_vertex(&mut self, header: Header, visit: &mut impl FnMut([Option<f64>; 4])) -> Result<(), FormatError> {
        let [x, y, third, fourth] = self.vertex(header)?;
        let m = if header.z { fourth } else { third };
        visit([Some(x), Some(y), header.z.then_some(third), header.m.then_some(m)]);
        Ok(())
    }

    fn vertex(&mut self, header: Header) -> Result<[f64; 4], FormatError> {
        let mut vertex = [0.0; 4];
        for value in &mut vertex[..header.dimensions()] {
            let bytes = self.take()?;
            *value = if header.little_endian { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) };
        }
        Ok(vertex)
    }

    fn write_vertex(&mut self, vertex: &[f64]) {
        for (i, value) in vertex.iter().enumerate() {
            if i > 0 {
                self.text.push(' ');
            }
            write_number(&mut self.text, *value);
        }
    }
}

/// DuckDB's number text, without the `.0` of whole numbers: `1`, `-0`, `0.1`, `1e-05`, `1e+16`, `nan`, `-inf`.
fn write_number(text: &mut String, value: f64) {
    if !value.is_finite() {
        let sign = if value.is_sign_negative() { "-" } else { "" };
        text.push_str(sign);
        text.push_str(if value.is_nan() { "nan" } else { "inf" });
        return;
    }
    let scientific = shortest(value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // Writing to a String cannot fail.
    let _ = if value == 0.0 || (-4..16).contains(&exponent) {
        let decimals = mantissa.rsplit_once('.').map_or(0, |(_, digits)| digits.len() as i32) - exponent;
        write!(text, "{value:.*}", usize::try_from(decimals).unwrap_or(0))
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(text, "{mantissa}e{sign}{:02}", exponent.unsigned_abs())
    };
}

/// The shortest digits that read back as the value, in scientific form. Where two such texts are equally near, Rust
/// takes the greater and DuckDB the even one; that takes 16 digits, as 15 never read back as the same value.
fn shortest(value: f64) -> String {
    let shortest = format!("{value:e}");
    let digits = shortest.find('e').map_or(0, |end| shortest[..end].bytes().filter(u8::is_ascii_digit).count());
    if digits >= 16 {
        let even = format!("{value:.*e}", digits - 1);
        if even.parse() == Ok(value) {
            return even;
        }
    }
    shortest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(parts: &[&[u8]]) -> Result<String, FormatError> {
        wkt(&parts.concat())
    }

    fn head(code: u32) -> Vec<u8> {
        [&[1][..], &code.to_le_bytes()].concat()
    }

    fn count(count: u32) -> [u8; 4] {
        count.to_le_bytes()
    }

    fn numbers(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn point(x: f64, y: f64) -> Vec<u8> {
        [head(1), numbers(&[x, y])].concat()
    }

    #[test]
    fn shapes_print_as_duckdb_prints_them() {
        let nan = f64::NAN;
        for (bytes, expected) in [
            (point(1.0, -2.5), "POINT (1 -2.5)"),
            (point(nan, nan), "POINT EMPTY"),
            (point(nan, 1.0), "POINT (nan 1)"),
            ([head(1001), numbers(&[1.0, 2.0, 3.0])].concat(), "POINT Z (1 2 3)"),
            ([head(2001), numbers(&[nan, nan, nan])].concat(), "POINT M EMPTY"),
            ([head(2), count(0).to_vec()].concat(), "LINESTRING EMPTY"),
            (
                [head(1002), count(2).to_vec(), numbers(&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0])].concat(),
                "LINESTRING Z (0 0 0, 1 1 1)",
            ),
            (
                [head(3), count(2).to_vec(), count(0).to_vec(), count(1).to_vec(), numbers(&[1.0, 2.0])].concat(),
                "POLYGON (EMPTY, (1 2))",
            ),
            ([head(4), count(2).to_vec(), point(nan, nan), point(3.0, 4.0)].concat(), "MULTIPOINT (EMPTY, 3 4)"),
            ([head(5), count(1).to_vec(), head(2), count(0).to_vec()].concat(), "MULTILINESTRING (EMPTY)"),
            (
                [head(6), count(1).to_vec(), head(3), count(1).to_vec(), count(0).to_vec()].concat(),
                "MULTIPOLYGON ((EMPTY))",
            ),
            ([head(3007), count(0).to_vec()].concat(), "GEOMETRYCOLLECTION ZM EMPTY"),
            (
                [head(7), count(2).to_vec(), point(1.0, 2.0), head(7), count(1).to_vec(), head(2), count(0).to_vec()]
                    .concat(),
                "GEOMETRYCOLLECTION (POINT (1 2), GEOMETRYCOLLECTION (LINESTRING EMPTY))",
            ),
        ] {
            assert_eq!(wkt(&bytes).unwrap(), expected);
        }
    }

    #[test]
    fn byte_orders_and_ewkb_flags() {
        let big_endian = [&[0, 0, 0, 0, 1][..], &1f64.to_be_bytes(), &2f64.to_be_bytes()].concat();
        assert_eq!(wkt(&big_endian).unwrap(), "POINT (1 2)");
        assert_eq!(text(&[&head(4), &count(2), &big_endian, &point(3.0, 4.0)]).unwrap(), "MULTIPOINT (1 2, 3 4)");
        assert_eq!(text(&[&head(0x8000_0001), &numbers(&[1.0, 2.0, 3.0])]).unwrap(), "POINT Z (1 2 3)");
        assert_eq!(text(&[&head(0x4000_0001), &numbers(&[1.0, 2.0, 3.0])]).unwrap(), "POINT M (1 2 3)");
        assert_eq!(
            text(&[&head(0xE000_0001), &count(4326), &numbers(&[1.0, 2.0, 3.0, 4.0])]).unwrap(),
            "POINT ZM (1 2 3 4)"
        );
    }

    #[test]
    fn numbers_print_as_duckdb_prints_them() {
        for (value, expected) in [
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000"),
            (1e16, "1e+16"),
            (1.5e22, "1.5e+22"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.2345678901234568e17, "1.2345678901234568e+17"),
            (0.30000000000000004, "0.30000000000000004"),
            // Exactly between …23.2 and …23.3, both of which read back.
            (-609_346_888_902_423.2, "-609346888902423.2"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            (f64::NEG_INFINITY, "-inf"),
            (-f64::NAN, "-nan"),
        ] {
            assert_eq!(wkt(&point(value, 1.0)).unwrap(), format!("POINT ({expected} 1)"));
        }
    }

    #[test]
    fn what_is_no_geometry_is_refused() {
        let valid = [head(4), count(1).to_vec(), point(1.0, 2.0)].concat();
        for cut in 0..valid.len() {
            assert!(wkt(&valid[..cut]).is_err(), "cut at {cut}");
        }
        assert!(text(&[&valid, &[0]]).is_err(), "superfluous bytes");
        assert!(text(&[&head(8), &count(0)]).is_err(), "curve");
        assert!(text(&[&head(4002), &count(0)]).is_err(), "unknown dimensions");
        assert!(text(&[&[2], &head(2)[1..], &count(0)]).is_err(), "unknown byte order");
        assert!(text(&[&head(1004), &count(1), &point(1.0, 2.0)]).is_err(), "mixed dimensions");
        assert!(text(&[&head(4), &count(1), &head(2), &count(0)]).is_err(), "line among points");
        assert!(text(&[&head(2), &count(u32::MAX)]).is_err(), "false count");
    }

    #[test]
    fn collections_nest_sixteen_deep() {
        let nested = |depth: usize| [[head(7), count(1).to_vec()].concat().repeat(depth), point(1.0, 2.0)].concat();
        assert!(wkt(&nested(15)).is_ok());
        assert!(wkt(&nested(16)).is_err());
        assert!(wkt(&nested(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn random_bytes_do_not_panic(code in 0u32..8, flags in 0u32..4, bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = wkt(&bytes);
            let _ = text(&[&head(code + 1000 * flags), &bytes]);
            let _ = text(&[&head(code), &count(2), &head(code), &bytes]);
        }

        #[test]
        fn coordinates_read_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            let printed = wkt(&point(value, 1.0)).unwrap();
            let number = printed.strip_prefix("POINT (").unwrap().strip_suffix(" 1)").unwrap();
            prop_assert!(number.parse::<f64>().unwrap() == value || value.is_nan());
        }
    }
}
