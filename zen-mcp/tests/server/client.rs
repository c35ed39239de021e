//! A client at the other end of a stream in memory.

use std::path::PathBuf;
use std::sync::Arc;

use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig, ProgressNotificationParam};
use rmcp::service::{NotificationContext, RunningService, ServiceError};
use rmcp::{ClientHandler, RoleClient, ServiceExt};
use serde_json::Value;
use tokio::sync::mpsc;
use zen_mcp::{Backend, serve};

use crate::backend::Folders;

/// Keeps what the server notifies.
#[derive(Clone)]
pub(crate) struct Listener(mpsc::UnboundedSender<ProgressNotificationParam>);

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::default()
    }

    async fn on_progress(&self, step: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.send(step).expect("the test listens");
    }
}

/// This crate's folder. Asked for when it runs: clones may share a target folder, and with it what one of them built.
pub(crate) fn here() -> PathBuf {
    std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into()).into()
}

pub(crate) struct Client {
    pub(crate) session: RunningService<RoleClient, Listener>,
    pub(crate) steps: mpsc::UnboundedReceiver<ProgressNotificationParam>,
}

impl Client {
    /// A client of a server over this crate's own sources.
    pub(crate) async fn of_sources() -> Self {
        let sources = here().join("src");
        Self::of(Arc::new(Folders::open(&sources).await.expect("a folder"))).await
    }

    pub(crate) async fn of(backend: Arc<dyn Backend>) -> Self {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (input, output) = tokio::io::split(far);
        tokio::spawn(serve(backend, input, output));
        let (sender, steps) = mpsc::unbounded_channel();
        let session = Listener(sender).serve(near).await.expect("a session");
        Self { session, steps }
    }

    pub(crate) async fn try_call(&self, tool: &'static str, arguments: &Value) -> Result<CallToolResult, ServiceError> {
        let arguments = arguments.as_object().expect("an object").clone();
        self.session.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await
    }

    /// The structured answer and the text of a call that goes well.
    pub(crate) async fn call(&self, tool: &'static str, arguments: Value) -> (Value, String) {
        let result = self.try_call(tool, &arguments).await.expect("an answer");
        assert_eq!(result.is_error, Some(false), "{tool} {arguments}: {}", text(&result));
        let text = text(&result);
        (result.structured_content.expect("a structured answer"), text)
    }

    /// The text of a call that the tool refuses.
    pub(crate) async fn refusal(&self, tool: &'static str, arguments: Value) -> String {
        let result = self.try_call(tool, &arguments).await.expect("an answer");
        assert_eq!(result.is_error, Some(true), "{tool} {arguments}: {}", text(&result));
        assert!(result.structured_content.is_none());
        text(&result)
    }
}

pub(crate) fn text(result: &CallToolResult) -> String {
    let [content] = result.content.as_slice() else { panic!("one text: {result:?}") };
    content.as_text().expect("a text").text.clone()
}
