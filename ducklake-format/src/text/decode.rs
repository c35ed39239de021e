//! From text to Arrow arrays: inlined rows, initial defaults, statistics bounds and partition values.

mod builder;
mod bytes;
mod cursor;
mod interval;
mod number;
mod scalar;
mod temporal;
#[cfg(test)]
mod tests;

use std::fmt;

use arrow::array::ArrayRef;

use self::builder::Builder;
pub use self::bytes::decode_hex_blob;
use self::cursor::Cursor;
use crate::{FormatError, LakeType};

/// Types nested deeper than this are refused, so that decoding cannot exhaust the stack.
const MAX_DEPTH: usize = 128;

/// Why a text is no value of its type.
type Parsed<T> = Result<T, &'static str>;

/// In which of DuckLake's two forms nested values are written. Scalars are the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TextForm {
    /// As DuckDB casts to varchar: inlined lists and maps.
    #[default]
    Display,
    /// SQL-like, with doubled quotes and casts: inlined structs. Lists and maps in them are in display form.
    Literal,
}

/// Collects texts as values of one type.
pub struct TextDecoder {
    lake_type: LakeType,
    builder: Builder,
    rows: usize,
}

impl TextDecoder {
    /// A decoder for values of `lake_type`. A type nested more than 128 levels deep gets a decoder that
    /// refuses every text.
    pub fn new(lake_type: &LakeType) -> Self {
        Self { lake_type: lake_type.clone(), builder: Builder::top_level(lake_type), rows: 0 }
    }

    /// Appends a NULL.
    pub fn append_null(&mut self) {
        self.builder.push_null();
        self.rows += 1;
    }

    /// Appends the value that `text` stands for. Top-level varchar and json are taken as they are, so the
    /// text `NULL` is a string there, and an error for other types.
    ///
    /// # Errors
    /// [`FormatError::InvalidValue`] where `text` is no value of the type; nothing is appended then.
    pub fn append(&mut self, text: &str, form: TextForm) -> Result<(), FormatError> {
        let result = match &mut self.builder {
            Builder::Scalar(scalar) => scalar.push_text(text),
            nested => {
                let mut cursor = Cursor::new(text);
                nested.parse(&mut cursor, form).and_then(|()| cursor.finish())
            }
        };
        match result {
            Ok(()) => {
                self.rows += 1;
                Ok(())
            }
            Err(reason) => {
                self.builder.truncate(self.rows);
                Err(FormatError::invalid_value(text, &self.lake_type, reason))
            }
        }
    }

    /// The values so far, as an array of the type's [`LakeType::arrow_type`]; the decoder is empty afterwards.
    pub fn finish(&mut self) -> ArrayRef {
        self.rows = 0;
        self.builder.finish()
    }
}

impl fmt::Debug for TextDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextDecoder")
            .field("lake_type", &self.lake_type)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// The one value that `text` (in display form) stands for, as an array of length 1.
///
/// # Errors
/// As [`TextDecoder::append`].
pub fn decode_scalar(lake_type: &LakeType, text: &str) -> Result<ArrayRef, FormatError> {
    decode_all(lake_type, std::iter::once(Some(text)), true)
}

/// The values that texts in display form stand for, `None` being NULL. Unless `strict`, a text that is no
/// value of the type becomes NULL: for statistics, where unreadable means unknown.
///
/// # Errors
/// As [`TextDecoder::append`], never unless `strict`.
pub fn decode_all<'t>(
    lake_type: &LakeType,
    texts: impl Iterator<Item = Option<&'t str>>,
    strict: bool,
) -> Result<ArrayRef, FormatError> {
    let mut decoder = TextDecoder::new(lake_type);
    for text in texts {
        match text.map(|text| decoder.append(text, TextForm::Display)) {
            Some(Ok(())) => {}
            Some(Err(error)) if strict => return Err(error),
            Some(Err(_)) | None => decoder.append_null(),
        }
    }
    Ok(decoder.finish())
}
