//! Inlined rows as Arrow: each inlined table has the columns of one schema version, which are evolved to those of the
//! snapshot like a file's (DuckLake spec, "Inlined data").

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringViewArray, UInt64Array, new_null_array};
use arrow::datatypes::{Field, SchemaRef};
use ducklake_catalog::{CatalogError, InlinedRows, TableFacts};
use ducklake_format::Column;
use ducklake_format::columns::FIELD_ID_METADATA_KEY;

use crate::adapt::{FileMapping, convert_column};
use crate::error::{LakeError, Result};

/// The rows of one inlined table in the shape of `schema`: some of the table's columns, and virtual ones.
pub(crate) fn batch(
    rows: &InlinedRows,
    table_id: i64,
    facts: &TableFacts,
    columns: &[Column],
    schema: &SchemaRef,
    file_index: u64,
) -> Result<RecordBatch> {
    let (_, physical) = rows.table.lake_columns(table_id, facts)?;
    let mut arrays = Vec::with_capacity(physical.len());
    let mut fields = Vec::with_capacity(physical.len());
    let names: HashSet<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let needed: HashSet<i64> = columns.iter().filter(|c| names.contains(c.name.as_str())).map(|c| c.id).collect();
    for (index, column) in physical.iter().enumerate() {
        // A value that cannot be read must not stand in the way of other columns.
        arrays.push(if needed.contains(&column.id) {
            rows.decode(index, column)?
        } else {
            new_null_array(&column.lake_type.arrow_type(), rows.ids.len())
        });
        // Children are matched by id as well, so they carry theirs.
        fields.push(Arc::new(with_ids(column, column.lake_type.field(&column.name))));
    }
    let row_count = rows.ids.len();
    let arrays: Vec<ArrayRef> =
        arrays.iter().zip(&fields).map(|(array, field)| relabel(array, field)).collect::<Result<_>>()?;
    let source = arrow::datatypes::Schema::new(fields);
    let result = schema
        .fields()
        .iter()
        .map(|field| -> Result<ArrayRef> {
            if let Some(column) = columns.iter().find(|c| c.name == *field.name()) {
                return convert_column(column, &FileMapping::FieldIds, &source, &arrays, row_count, &rows.table.name);
            }
            Ok(match field.name().as_str() {
                "rowid" | "file_row_number" => Arc::new(rows.ids.iter().map(|(id, _)| *id).collect::<Int64Array>()),
                "snapshot_id" => Arc::new(rows.ids.iter().map(|(_, begin)| *begin).collect::<Int64Array>()),
                "filename" => Arc::new(StringViewArray::from(vec![rows.table.name.as_str(); row_count])),
                "_ducklake_internal_file_id" => {
                    let id = crate::local::inlined_file_id(rows.table.schema_version);
                    Arc::new(Int64Array::from(vec![id; row_count]))
                }
                "file_index" => Arc::new(UInt64Array::from(vec![file_index; row_count])),
                other => return Err(LakeError::Invalid(format!("no column '{other}' in inlined data"))),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(row_count));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), result, &options)?)
}

/// The rows of one inlined table with the columns that it has, and the snapshot that these are of.
pub(crate) fn stored_batch(
    rows: &InlinedRows,
    table_id: i64,
    facts: &TableFacts,
) -> Result<(i64, Vec<Column>, RecordBatch)> {
    let (snapshot, columns) = rows.table.lake_columns(table_id, facts)?;
    let arrays = columns.iter().enumerate().map(|(index, column)| rows.decode(index, column));
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows.ids.len()));
    let schema = Arc::new(Column::schema(&columns));
    let batch = RecordBatch::try_new_with_options(schema, arrays.collect::<Result<_, CatalogError>>()?, &options)?;
    Ok((snapshot, columns, batch))
}

/// Rows of a table after its columns changed: by id, like those of a file.
pub(crate) fn evolve(batch: &RecordBatch, before: &[Column], after: &[Column]) -> Result<RecordBatch> {
    let fields: Vec<_> = before.iter().map(|c| Arc::new(with_ids(c, c.lake_type.field(&c.name)))).collect();
    let arrays: Vec<ArrayRef> =
        batch.columns().iter().zip(&fields).map(|(array, field)| relabel(array, field)).collect::<Result<_>>()?;
    let source = arrow::datatypes::Schema::new(fields);
    let rows = batch.num_rows();
    let arrays = after
        .iter()
        .map(|column| convert_column(column, &FileMapping::FieldIds, &source, &arrays, rows, "inlined rows"))
        .collect::<Result<Vec<_>>>()?;
    let schema = Arc::new(Column::schema(after));
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
}

/// `field` with field ids at every level.
fn with_ids(column: &Column, field: Field) -> Field {
    let mut metadata = field.metadata().clone();
    metadata.insert(FIELD_ID_METADATA_KEY.to_string(), column.id.to_string());
    let data_type = types_with_ids(column, field.data_type());
    field.with_data_type(data_type).with_metadata(metadata)
}

fn types_with_ids(column: &Column, data_type: &arrow::datatypes::DataType) -> arrow::datatypes::DataType {
    use arrow::datatypes::DataType;
    let child =
        |i: usize, field: &Field| column.children.get(i).map_or_else(|| field.clone(), |c| with_ids(c, field.clone()));
    match data_type {
        DataType::Struct(fields) => DataType::Struct(fields.iter().enumerate().map(|(i, f)| child(i, f)).collect()),
        DataType::List(element) => DataType::List(Arc::new(child(0, element))),
        DataType::Map(entries, ordered) => {
            let DataType::Struct(kv) = entries.data_type() else { return data_type.clone() };
            let kv = DataType::Struct(kv.iter().enumerate().map(|(i, f)| child(i, f)).collect());
            DataType::Map(Arc::new(entries.as_ref().clone().with_data_type(kv)), *ordered)
        }
        other => other.clone(),
    }
}

/// The same buffers under a type that differs in metadata only.
fn relabel(array: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    if array.data_type() == field.data_type() {
        return Ok(Arc::clone(array));
    }
    let data = relabel_data(array.to_data(), field.data_type())?;
    Ok(arrow::array::make_array(data))
}

fn relabel_data(
    data: arrow::array::ArrayData,
    data_type: &arrow::datatypes::DataType,
) -> Result<arrow::array::ArrayData> {
    use arrow::datatypes::DataType;
    let child_types: Vec<DataType> = match data_type {
        DataType::Struct(fields) => fields.iter().map(|f| f.data_type().clone()).collect(),
        DataType::List(f) | DataType::Map(f, _) => vec![f.data_type().clone()],
        _ => Vec::new(),
    };
    let children = data
        .child_data()
        .iter()
        .zip(&child_types)
        .map(|(child, ty)| relabel_data(child.clone(), ty))
        .collect::<Result<Vec<_>>>()?;
    let builder = data.into_builder().data_type(data_type.clone()).child_data(children);
    Ok(builder.build()?)
}
