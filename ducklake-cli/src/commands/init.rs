//! `init`: a new lake.

use super::{list, listen};
use crate::args::{InitArgs, LakeArgs};
use crate::config::{LakeSettings, Snapshot};
use crate::engine::Engine;
use crate::error::CliError;
use crate::run::Runner;

pub(super) async fn run(lake: &LakeArgs, args: InitArgs) -> Result<(), CliError> {
    let mut settings = LakeSettings::resolve(lake)?;
    if args.uri.is_some() {
        settings.uri = args.uri;
    }
    settings.require_uri()?;
    if settings.snapshot != Snapshot::Latest || settings.read_only {
        return Err(CliError::usage("a new lake cannot be read-only or at a snapshot"));
    }
    if settings.data_path.as_deref().is_none_or(|path| path.trim().is_empty()) {
        return Err(CliError::usage("a new lake needs a place for its data")
            .with_hint("give --data-path DIR, or a URL such as s3://bucket/lake/"));
    }
    let printer = args.output.printer(false, true)?;
    let mut interrupts = listen()?;
    let engine = interrupts.guard(Engine::create(&settings, args.encrypted)).await?;
    let facts = interrupts.guard(engine.facts()).await?;
    let mut runner = Runner { engine, printer, interrupts, is_terminal: args.output.is_terminal() };
    runner.run(&list::created(&facts)).await?;
    runner.printer.finish()
}
