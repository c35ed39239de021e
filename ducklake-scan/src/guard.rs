//! Corrupt bytes inside Parquet pages make the Parquet decoder panic in places: here that becomes an error of the file.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion_datasource::morsel::{Morsel, MorselPlan, MorselPlanner};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, future};

use crate::error::LakeError;

/// A planner whose panics, and those of everything it plans, are errors that name the file.
pub(crate) struct Guarded<T: ?Sized> {
    path: Arc<str>,
    inner: Box<T>,
}

impl<T: ?Sized> Guarded<T> {
    pub(crate) fn new(path: Arc<str>, inner: Box<T>) -> Self {
        Self { path, inner }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

fn corrupt(path: &str, panic: &(dyn Any + Send)) -> DataFusionError {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("the decoder gave up");
    LakeError::Invalid(format!("{path}: corrupt Parquet data: {what}; restore the file from a copy")).into()
}

impl MorselPlanner for Guarded<dyn MorselPlanner> {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        let Self { path, inner } = *self;
        let planned =
            catch_unwind(AssertUnwindSafe(|| inner.plan())).unwrap_or_else(|panic| Err(corrupt(&path, &*panic)))?;
        Ok(planned.map(|plan| guard_plan(&path, plan)))
    }
}

fn guard_plan(path: &Arc<str>, mut plan: MorselPlan) -> MorselPlan {
    let morsels =
        plan.take_morsels().into_iter().map(|m| Box::new(Guarded::new(Arc::clone(path), m)) as Box<dyn Morsel>);
    let morsels = morsels.collect();
    let planners = plan.take_ready_planners().into_iter().map(|p| guard(path, p)).collect();
    let pending = plan.take_pending_planner();
    let plan = MorselPlan::new().with_morsels(morsels).with_planners(planners);
    match pending {
        None => plan,
        Some(pending) => {
            let path = Arc::clone(path);
            plan.with_pending_planner(async move {
                let next = AssertUnwindSafe(pending.into_future()).catch_unwind().await;
                next.unwrap_or_else(|panic| Err(corrupt(&path, &*panic))).map(|planner| guard(&path, planner))
            })
        }
    }
}

/// The planner of one file, guarded.
pub(crate) fn guard(path: &Arc<str>, planner: Box<dyn MorselPlanner>) -> Box<dyn MorselPlanner> {
    Box::new(Guarded::new(Arc::clone(path), planner))
}

impl Morsel for Guarded<dyn Morsel> {
    fn into_stream(self: Box<Self>) -> BoxStream<'static, Result<RecordBatch>> {
        let Self { path, inner } = *self;
        let stream = match catch_unwind(AssertUnwindSafe(|| inner.into_stream())) {
            Ok(stream) => stream,
            Err(panic) => return futures::stream::once(future::ready(Err(corrupt(&path, &*panic)))).boxed(),
        };
        AssertUnwindSafe(stream)
            .catch_unwind()
            .map(move |batch| batch.unwrap_or_else(|panic| Err(corrupt(&path, &*panic))))
            .boxed()
    }
}
