//! One call of a tool: arguments in, an answer that fits out.

use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde::de::DeserializeOwned;

use crate::arguments;
use crate::backend::{Backend, BackendError};
use crate::fit::{Answer, fit};
use crate::progress::Progress;
use crate::tools::ToolName;

/// Runs a tool. Whatever goes wrong is an answer that the agent reads.
pub(crate) async fn call(
    backend: &dyn Backend,
    tool: ToolName,
    arguments: JsonObject,
    progress: Progress,
) -> CallToolResult {
    let result = match tool {
        ToolName::SearchSymbols => {
            run(tool, arguments, async |request| backend.search_symbols(request).await, |of| of.limit).await
        }
        ToolName::SearchDocs => {
            run(tool, arguments, async |request| backend.search_docs(request).await, |of| of.limit).await
        }
        ToolName::GetSymbol => {
            run(tool, arguments, async |request| backend.get_symbol(request).await, |of| of.limit).await
        }
        ToolName::FindReferences => {
            run(tool, arguments, async |request| backend.find_references(request).await, |of| of.limit).await
        }
        ToolName::ListPackages => {
            run(tool, arguments, async |request| backend.list_packages(request).await, |of| of.limit).await
        }
        ToolName::IndexPackage => {
            run(tool, arguments, async |request| backend.index_package(request, progress).await, |_| 0).await
        }
        ToolName::Query => run(tool, arguments, async |request| backend.query(request).await, |of| of.limit).await,
    };
    result.unwrap_or_else(failed)
}

/// Parses, asks, cuts. The error is what the agent reads.
async fn run<A, F>(
    tool: ToolName,
    arguments: JsonObject,
    ask: F,
    limit: fn(&A::Request) -> u32,
) -> Result<CallToolResult, String>
where
    A: Answer,
    A::Request: Clone + DeserializeOwned,
    F: AsyncFnOnce(A::Request) -> Result<A, BackendError>,
{
    let request: A::Request = arguments::parse(arguments, &tool.tool().input_schema)
        .map_err(|error| format!("{error}.\nNext: call {} again with this put right.", tool.as_str()))?;
    let mut answer = ask(request.clone()).await.map_err(|error| told(tool, &error))?;
    answer.keep(limit(&request) as usize);
    let (answer, text) = fit(&answer, &request);
    let structured = serde_json::to_value(&answer).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured);
    Ok(result)
}

/// An error as an answer.
pub(crate) fn failed(message: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(message)])
}

/// What failed, why, and what to do next.
fn told(tool: ToolName, error: &BackendError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors repeat their source in their own text.
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    let next = match (error, tool) {
        (BackendError::Argument { .. }, _) => "call it again with this argument put right",
        (BackendError::NotFound { .. }, ToolName::IndexPackage) => {
            "check the spelling of ecosystem, name and version; leave the version out for the latest"
        }
        (BackendError::NotFound { .. }, _) => "look with list_packages what is indexed; index_package adds a package",
        (BackendError::Refused { .. }, ToolName::Query) => "ask with one statement that only reads, as SELECT",
        (BackendError::Refused { .. }, _) => "do without, or ask the user",
        (BackendError::Unavailable { .. }, _) => "try once more in a while; if it stays so, tell the user",
        (BackendError::Failed { .. }, ToolName::Query) => {
            "check names with SHOW TABLES and DESCRIBE zen.api_symbols, and put the statement right"
        }
        (BackendError::Failed { .. }, _) => "tell the user; other tools of this server may still work",
    };
    format!("{}\nNext: {next}.", crate::text::cut(text.trim_end_matches('.'), 2_000))
}
