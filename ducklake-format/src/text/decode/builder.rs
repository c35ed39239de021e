//! Collecting decoded values, which unlike Arrow's builders can be undone after a text that turns out wrong.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, MapArray, StructArray, new_null_array};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};

use super::cursor::{Cursor, Part};
use super::scalar::{ScalarBuilder, scalar_builder};
use super::{MAX_DEPTH, Parsed, TextForm};
use crate::LakeType;

/// Values of one type, nested ones with a builder for each part.
pub(super) enum Builder {
    Scalar(Box<dyn ScalarBuilder>),
    List(ListBuilder),
    Struct(StructBuilder),
    Map(MapBuilder),
    /// A type nested too deeply: holds NULLs only.
    Refused {
        data_type: DataType,
        rows: usize,
    },
}

pub(super) struct ListBuilder {
    field: FieldRef,
    lists: Lists,
    element: Box<Builder>,
}

pub(super) struct StructBuilder {
    fields: Fields,
    valid: Vec<bool>,
    members: Vec<Builder>,
    /// Which members the current text has given.
    given: Vec<bool>,
}

pub(super) struct MapBuilder {
    field: FieldRef,
    lists: Lists,
    key: Box<Builder>,
    value: Box<Builder>,
}

/// Ends and validity of lists or maps.
#[derive(Default)]
struct Lists {
    ends: Vec<i32>,
    valid: Vec<bool>,
}

impl Lists {
    fn end(&self, rows: usize) -> usize {
        rows.checked_sub(1).and_then(|last| self.ends.get(last)).map_or(0, |end| *end as usize)
    }

    fn push_null(&mut self) {
        self.ends.push(self.ends.last().copied().unwrap_or(0));
        self.valid.push(false);
    }

    fn push(&mut self, end: usize) -> Parsed<()> {
        self.ends.push(i32::try_from(end).map_err(|_| "too many elements for one batch")?);
        self.valid.push(true);
        Ok(())
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.valid.truncate(rows);
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        // Ends never decrease, as the elements of a failed text are taken back.
        let offsets: Vec<i32> = std::iter::once(0).chain(std::mem::take(&mut self.ends)).collect();
        (OffsetBuffer::new(ScalarBuffer::from(offsets)), null_buffer(&mut self.valid))
    }
}

/// The validity so far, `None` where everything is valid.
pub(super) fn null_buffer(valid: &mut Vec<bool>) -> Option<NullBuffer> {
    Some(NullBuffer::from(std::mem::take(valid))).filter(|nulls| nulls.null_count() > 0)
}

impl Builder {
    pub(super) fn top_level(lake_type: &LakeType) -> Self {
        if lake_type.is_nested() {
            Self::nested(lake_type, 0)
        } else {
            Self::Scalar(scalar_builder(lake_type, lake_type.arrow_type()))
        }
    }

    fn nested(lake_type: &LakeType, depth: usize) -> Self {
        let data_type = lake_type.nested_arrow_type();
        let child = |child: &LakeType| Self::nested(child, depth + 1);
        match (lake_type, &data_type) {
            _ if depth > MAX_DEPTH => Self::Refused { data_type, rows: 0 },
            (LakeType::List(element), DataType::List(field)) => Self::List(ListBuilder {
                field: Arc::clone(field),
                lists: Lists::default(),
                element: Box::new(child(element)),
            }),
            (LakeType::Struct(members), DataType::Struct(fields)) => Self::Struct(StructBuilder {
                fields: fields.clone(),
                valid: Vec::new(),
                members: members.iter().map(|(_, member)| child(member)).collect(),
                given: vec![false; members.len()],
            }),
            (LakeType::Map(key, value), DataType::Map(field, _)) => Self::Map(MapBuilder {
                field: Arc::clone(field),
                lists: Lists::default(),
                key: Box::new(child(key)),
                value: Box::new(child(value)),
            }),
            _ => Self::Scalar(scalar_builder(lake_type, data_type)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Scalar(scalar) => scalar.len(),
            Self::List(list) => list.lists.valid.len(),
            Self::Struct(record) => record.valid.len(),
            Self::Map(map) => map.lists.valid.len(),
            Self::Refused { rows, .. } => *rows,
        }
    }

    pub(super) fn push_null(&mut self) {
        match self {
            Self::Scalar(scalar) => scalar.push_null(),
            Self::List(list) => list.lists.push_null(),
            Self::Struct(record) => {
                record.valid.push(false);
                record.members.iter_mut().for_each(Self::push_null);
            }
            Self::Map(map) => map.lists.push_null(),
            Self::Refused { rows, .. } => *rows += 1,
        }
    }

    /// Appends a nested value that starts at the cursor. On an error, parts of it may remain until
    /// [`Builder::truncate`] takes them back.
    pub(super) fn parse(&mut self, cursor: &mut Cursor<'_>, form: TextForm) -> Parsed<()> {
        match self {
            Self::Scalar(_) => Err("not a nested value"),
            Self::List(list) => list.parse(cursor),
            Self::Struct(record) => record.parse(cursor, form),
            Self::Map(map) => map.parse(cursor),
            Self::Refused { .. } => Err("the type is nested too deeply"),
        }
    }

    /// Appends a part of a nested value.
    fn parse_part(&mut self, cursor: &mut Cursor<'_>, part: Part, form: TextForm) -> Parsed<()> {
        let Self::Scalar(scalar) = self else {
            if cursor.take_null(part) {
                self.push_null();
                return Ok(());
            }
            return self.parse(cursor, form);
        };
        let token = match form {
            // Other engines than DuckDB may write strings with escapes, which its own literals have no use for.
            TextForm::Literal if cursor.is_next(b'"') => cursor.display_token(part)?,
            TextForm::Literal => cursor.literal_token()?,
            TextForm::Display if scalar.is_json() => cursor.json_token(part)?,
            TextForm::Display => cursor.display_token(part)?,
        };
        match token {
            Some(text) => scalar.push_text(&text),
            None => {
                scalar.push_null();
                Ok(())
            }
        }
    }

    /// Drops everything after the first `rows` values.
    pub(super) fn truncate(&mut self, rows: usize) {
        match self {
            Self::Scalar(scalar) => scalar.truncate(rows),
            Self::List(list) => {
                list.lists.truncate(rows);
                list.element.truncate(list.lists.end(rows));
            }
            Self::Struct(record) => {
                record.valid.truncate(rows);
                record.members.iter_mut().for_each(|member| member.truncate(rows));
            }
            Self::Map(map) => {
                map.lists.truncate(rows);
                map.key.truncate(map.lists.end(rows));
                map.value.truncate(map.lists.end(rows));
            }
            Self::Refused { rows: kept, .. } => *kept = rows.min(*kept),
        }
    }

    /// The values as an array; the builder is empty afterwards.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Scalar(scalar) => scalar.finish(),
            Self::List(list) => {
                let (offsets, nulls) = list.lists.finish();
                Arc::new(ListArray::new(Arc::clone(&list.field), offsets, list.element.finish(), nulls))
            }
            Self::Struct(record) => {
                let rows = record.valid.len();
                let nulls = null_buffer(&mut record.valid);
                if record.members.is_empty() {
                    return Arc::new(StructArray::new_empty_fields(rows, nulls));
                }
                let members = record.members.iter_mut().map(Self::finish).collect();
                Arc::new(StructArray::new(record.fields.clone(), members, nulls))
            }
            Self::Map(map) => {
                let (offsets, nulls) = map.lists.finish();
                let entries =
                    StructArray::new(entry_fields(&map.field), vec![map.key.finish(), map.value.finish()], None);
                Arc::new(MapArray::new(Arc::clone(&map.field), offsets, entries, nulls, false))
            }
            Self::Refused { data_type, rows } => new_null_array(data_type, std::mem::take(rows)),
        }
    }
}

fn entry_fields(entries: &Field) -> Fields {
    match entries.data_type() {
        DataType::Struct(fields) => fields.clone(),
        _ => Fields::empty(),
    }
}

impl ListBuilder {
    fn parse(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        if !cursor.take(b'[') {
            return Err("a list starts with '['");
        }
        if !cursor.take(b']') {
            loop {
                self.element.parse_part(cursor, Part::Element, TextForm::Display)?;
                if cursor.take(b']') {
                    break;
                }
                if !cursor.take(b',') {
                    return Err("a list element is followed by ',' or ']'");
                }
                cursor.skip_one_space();
            }
        }
        self.lists.push(self.element.len())
    }
}

impl StructBuilder {
    fn parse(&mut self, cursor: &mut Cursor<'_>, form: TextForm) -> Parsed<()> {
        if !cursor.take(b'{') {
            return Err("a struct starts with '{'");
        }
        self.given.fill(false);
        let mut expected = 0;
        if !cursor.take(b'}') {
            loop {
                let member = self.parse_name(cursor, form, expected)?;
                if std::mem::replace(&mut self.given[member], true) {
                    return Err("a struct member is given twice");
                }
                self.members[member].parse_part(cursor, Part::MemberValue, form)?;
                expected = member + 1;
                if cursor.take(b'}') {
                    break;
                }
                if !cursor.take(b',') {
                    return Err("a struct member is followed by ',' or '}'");
                }
            }
        }
        for (member, given) in self.members.iter_mut().zip(&self.given) {
            if !given {
                member.push_null();
            }
        }
        self.valid.push(true);
        Ok(())
    }

    /// Takes a name with its colon; which member it is. Members mostly come in their order.
    fn parse_name(&self, cursor: &mut Cursor<'_>, form: TextForm, expected: usize) -> Parsed<usize> {
        let name = match form {
            TextForm::Literal if !cursor.is_next(b'"') => cursor.literal_string()?,
            _ => cursor.display_token(Part::MemberName)?.unwrap_or("NULL".into()),
        };
        if !cursor.take(b':') {
            return Err("a struct member's name is followed by ':'");
        }
        cursor.skip_one_space();
        if self.fields.get(expected).is_some_and(|field| *field.name() == name) {
            return Ok(expected);
        }
        self.fields.iter().position(|field| *field.name() == name).ok_or("no such struct member")
    }
}

impl MapBuilder {
    fn parse(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        if !cursor.take(b'{') {
            return Err("a map starts with '{'");
        }
        if !cursor.take(b'}') {
            loop {
                if cursor.take_null(Part::MapKey) {
                    return Err("a map key is NULL");
                }
                self.key.parse_part(cursor, Part::MapKey, TextForm::Display)?;
                if !cursor.take(b'=') {
                    return Err("a map key is followed by '='");
                }
                self.value.parse_part(cursor, Part::MapValue, TextForm::Display)?;
                if cursor.take(b'}') {
                    break;
                }
                if !cursor.take(b',') {
                    return Err("a map entry is followed by ',' or '}'");
                }
                cursor.skip_one_space();
            }
        }
        self.lists.push(self.key.len())
    }
}
