//! The server's side of the protocol: what it says of itself, its tools, their calls.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorData, Implementation, ListToolsResult, PaginatedRequestParams,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};

use crate::backend::Backend;
use crate::calls::{call, failed};
use crate::progress::notifying;
use crate::tools::{INSTRUCTIONS, ToolName, tools};

/// One client's server. All share the backend.
#[derive(Clone)]
pub(crate) struct Server {
    backend: Arc<dyn Backend>,
    config: ServerConfig,
}

impl Server {
    pub(crate) fn new(backend: Arc<dyn Backend>) -> Self {
        let mut instructions = INSTRUCTIONS.to_owned();
        if let Some(about) = backend.about() {
            instructions.push_str("\n\n");
            instructions.push_str(&about);
        }
        let who = Implementation::new("zen", env!("CARGO_PKG_VERSION"))
            .with_title("zen: search over package source and documentation");
        let config = ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(who)
            .with_instructions(instructions);
        Self { backend, config }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        self.config.clone()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        ToolName::of(name).map(|tool| tool.tool().clone())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools().to_vec()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = ToolName::of(&request.name) else {
            let names = ToolName::ALL.map(ToolName::as_str).join(", ");
            let name = crate::text::one_line(&request.name, 100);
            return Err(ErrorData::invalid_params(format!("unknown tool '{name}'; there are {names}"), None));
        };
        let arguments = request.arguments.unwrap_or_default();
        let work = notifying(&context.peer, context.meta.get_progress_token(), |progress| {
            call(&*self.backend, tool, arguments, progress)
        });
        // A panic would leave the client without an answer for ever.
        let work = AssertUnwindSafe(work).catch_unwind();
        let result = tokio::select! {
            // What was cancelled is dropped here, with everything that it holds.
            () = context.ct.cancelled() => failed("cancelled by the client".to_owned()),
            result = work => result.unwrap_or_else(|_| failed(format!(
                "{} broke off; this is a bug in zen.\nNext: tell the user; other arguments may work.",
                tool.as_str()
            ))),
        };
        Ok(result.into())
    }
}
