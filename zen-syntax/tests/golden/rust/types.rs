use std::fmt;

/// A point.
///
/// In space.
#[derive(Debug, Clone, serde::Serialize)]
#[derive(PartialEq)]
#[repr(C)]
pub struct Point<'a, T: Copy = f64, const N: usize = 3>
where
    T: 'a,
{
    /// From the left.
    #[serde(rename = "X")]
    pub x: T,
    /* not this */
    pub(crate) r#type: Option<&'a str>,
    // nor this
    #[doc = " Hidden."]
    rest: [T; N],
}

pub struct Unit;
struct Pair(pub u32, /** The second. */ #[serde(skip)] pub(crate) Vec<u8>, bool);
pub struct Wrapper<T>(T)
where
    T: fmt::Debug;

#[non_exhaustive]
pub(super) enum Shape {
    /// Nothing.
    Empty,
    #[default]
    Circle { radius: f64, /** Where. */ center: (f64, f64) },
    Line(Point<'static>, Point<'static>),
    Tagged = 1 << 4,
}

/// Either.
pub union Bits {
    pub float: f32,
    int: u32,
}

impl<'a, T: Copy, const N: usize> Point<'a, T, N> {
    /// The origin.
    pub const ORIGIN: u8 = 0;
    const SECRET: u8 = 1;

    /// Makes one.
    pub fn new(x: T) -> Self {
        Self::default()
    }

    pub(crate) fn by_value(self) {}
    fn by_reference(&'a self) -> &'a T { &self.x }
    pub fn by_mutable(&mut self, other: &Self) { self.x = other.x; }
    pub async unsafe fn boxed(mut self: Box<Self>) {}
}

#[cfg(unix)]
impl<'a, T> Iterator for Point<'a, T>
where
    T: Copy + 'a,
{
    type Item = &'a T;

    const KNOWN: bool = true;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> { None }
}

impl fmt::Display for &Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "shape") }
}

impl From<Pair> for (u32, bool) {
    fn from(pair: Pair) -> Self { (pair.0, pair.2) }
}

unsafe impl<T> Send for Wrapper<T> {}
impl !Sync for Unit {}
impl Sealed for Unit {
    fn seal(&self) {}
}
impl<T> Codec<T> for dyn Sealed + Send {}
impl dyn Sealed {
    pub fn dynamic(&self) {}
}
impl crate::elsewhere::Foreign<u8> {
    pub fn extended() {}
}
impl<T> Codec<T> for [T] {
    fn encode(&self) {}
}

trait Sealed {
    fn seal(&self);
}

/// Turns things into bytes.
pub unsafe trait Codec<T: ?Sized>: Sealed + fmt::Debug + for<'x> From<&'x T> + Fn(u8) -> u8 + ?Sized + 'static
where
    T: Clone,
{
    /// What goes wrong.
    type Error: std::error::Error + Send;
    type Item<'a>: Copy
    where
        Self: 'a;
    const SIZE: usize;
    /// With a value.
    const NAME: &'static str = "codec";

    /// Asked for.
    fn encode(&self, value: &T) -> Result<Vec<u8>, Self::Error>;

    /// Given.
    #[must_use]
    fn decode(bytes: &[u8]) -> Option<T> { None }
}

#[pyclass(name = "Vector")]
pub struct PyVector {
    #[pyo3(get)]
    x: f64,
}

#[pymethods]
impl PyVector {
    #[new]
    fn py_new(x: f64) -> Self { PyVector { x } }
}

#[cfg_attr(feature = "python", pyfunction)]
fn length(v: &PyVector) -> f64 { v.x.abs() }

#[pymodule]
fn vectors(m: &Bound<'_, PyModule>) -> PyResult<()> { m.add_class::<PyVector>() }
