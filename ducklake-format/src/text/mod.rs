//! Values as text: DuckDB's display form, the literal form of inlined structs, and back to Arrow.
//!
//! Statistics bounds, partition values, initial defaults and inlined rows all hold values as text. What
//! [`display`] prints, [`decode`] reads back to an equal value.

mod calendar;
pub mod decode;
pub mod display;
pub mod inlined;
mod round;
#[cfg(test)]
pub(crate) mod round_trip;

pub use decode::{TextDecoder, TextForm, decode_all, decode_hex_blob, decode_scalar};
pub use display::{DisplayOptions, ValueDisplay};
pub use inlined::InlinedText;
pub use round::round_decimal;
