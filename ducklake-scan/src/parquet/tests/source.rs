//! The factory under DataFusion's own Parquet source.

use std::error::Error;

use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, Literal};
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionContext;

use super::store::Request;
use super::*;

struct Scan {
    store: CountingStore,
    file: PartitionedFile,
    predicate: Option<(&'static str, i32)>,
}

impl Scan {
    async fn new(name: &str, facts: ReadFacts) -> Self {
        let bytes = fixture(name);
        let file = PartitionedFile::new(name, bytes.len() as u64).with_extension(facts);
        Self { store: CountingStore::with(&[(name, bytes)]).await, file, predicate: None }
    }

    /// Runs a scan of all columns, with a predicate `column >= value` pushed into the source.
    async fn run(&self) -> Result<(RecordBatch, Arc<dyn ExecutionPlan>), DataFusionError> {
        let schema = read("lake-data.parquet").await.schema();
        let store: Arc<dyn object_store::ObjectStore> = Arc::new(self.store.clone());
        let factory = LakeReaderFactory::new(Arc::clone(&store), "memory:///", FooterCache::default());
        let mut source = ParquetSource::new(Arc::clone(&schema))
            .with_parquet_file_reader_factory(Arc::new(factory))
            .with_pushdown_filters(true);
        if let Some((column, value)) = self.predicate {
            let column = Arc::new(Column::new_with_schema(column, &schema).unwrap());
            let value = Arc::new(Literal::new(ScalarValue::Int32(Some(value))));
            source = source.with_predicate(Arc::new(BinaryExpr::new(column, Operator::GtEq, value)));
        }
        let url = ObjectStoreUrl::parse("memory://").unwrap();
        let config = FileScanConfigBuilder::new(url, Arc::new(source)).with_file(self.file.clone()).build();
        let plan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config);
        let context = SessionContext::new();
        context.register_object_store(&"memory://".try_into().unwrap(), store);
        let batches = collect(Arc::clone(&plan), context.task_ctx()).await?;
        Ok((concat_batches(&schema, &batches).unwrap(), plan))
    }
}

#[tokio::test]
async fn scans_plain_and_encrypted_files() {
    let whole = read("lake-data.parquet").await;
    for name in ["lake-data.parquet", "encrypted-data.parquet"] {
        let mut scan = Scan::new(name, facts(name)).await;
        let (rows, plan) = scan.run().await.unwrap();
        assert_eq!(rows, whole, "{name}");
        let scanned = plan.metrics().unwrap().sum_by_name("bytes_scanned").unwrap().as_usize();
        assert!(scanned > 10_000, "{name}: {scanned}");

        // Pruned to the second row group, then filtered.
        scan.predicate = Some(("i", 2060));
        let (rows, plan) = scan.run().await.unwrap();
        assert_eq!(rows, whole.slice(2060, 40), "{name}");
        assert!(plan.metrics().unwrap().sum_by_name("bytes_scanned").unwrap().as_usize() < scanned / 2, "{name}");
    }
}

#[tokio::test]
async fn a_file_without_facts_is_read_too() {
    let mut scan = Scan::new("lake-data.parquet", facts("lake-data.parquet")).await;
    scan.file = PartitionedFile::new("lake-data.parquet", scan.file.object_meta.size);
    assert_eq!(scan.run().await.unwrap().0.num_rows(), 2100);
}

#[tokio::test]
async fn the_footer_takes_one_request() {
    let name = "encrypted-data.parquet";
    let footer_size = footer_size(&fixture(name));
    let scan = Scan::new(name, ReadFacts { footer_size: Some(footer_size), ..facts(name) }).await;
    scan.run().await.unwrap();
    let size = scan.file.object_meta.size;
    let requests = scan.store.take_requests();
    assert_eq!(requests[0], Request::Range(size - footer_size - 8..size));
    assert_eq!(requests.len(), 3, "{requests:?}");
}

#[tokio::test]
async fn errors_stay_typed() {
    let name = "encrypted-data.parquet";
    let scan = Scan::new(name, ReadFacts { record_count: Some(7), ..facts(name) }).await;
    let error = scan.run().await.unwrap_err();
    assert!(error.to_string().contains("the catalog says 7 rows, the file has 2100"), "{error}");
    let mut source: Option<&(dyn Error + 'static)> = Some(&error);
    let mut found = false;
    while let Some(error) = source {
        found |= matches!(error.downcast_ref(), Some(ParquetFileError::RecordCount { catalog: 7, .. }));
        source = error.source();
    }
    assert!(found, "{error:?}");
}

/// A part of a file reads the row groups that begin in it: cut by a size that is too small, some would be nobody's.
#[tokio::test]
async fn a_file_cut_by_a_wrong_size_is_refused() {
    let name = "lake-data.parquet";
    let mut scan = Scan::new(name, facts(name)).await;
    let size = scan.file.object_meta.size;
    scan.file.object_meta.size = size - 100;
    assert_eq!(scan.run().await.unwrap().0.num_rows(), 2100);
    scan.file = scan.file.clone().with_range(0, 50);
    let error = scan.run().await.unwrap_err();
    assert!(error.to_string().contains("cannot be split by bytes"), "{error}");
    scan.file.object_meta.size = size;
    assert_eq!(scan.run().await.unwrap().0.num_rows(), 2048);
}
