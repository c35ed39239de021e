//! `catalog`: care of the metadata database.

use std::io::Write;

use super::listen;
use crate::args::{CatalogCommand, LakeArgs};
use crate::config::LakeSettings;
use crate::engine::Engine;
use crate::error::CliError;

pub(super) async fn run(lake: &LakeArgs, command: &CatalogCommand) -> Result<(), CliError> {
    let settings = LakeSettings::resolve(lake)?;
    settings.require_uri()?;
    let mut interrupts = listen()?;
    let engine = interrupts.guard(Engine::open(&settings)).await?;
    match command {
        CatalogCommand::Index => {
            let names = interrupts.guard(engine.create_catalog_indexes()).await?;
            let mut stdout = std::io::stdout().lock();
            for name in names {
                writeln!(stdout, "{name}").map_err(CliError::write("standard output"))?;
            }
            Ok(())
        }
    }
}
