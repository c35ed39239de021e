//! One client at the other end of two byte streams.

use std::sync::Arc;

use rmcp::ServiceExt;
use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::io::stdio_pipes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::backend::Backend;
use crate::drain::Drain;
use crate::error::McpError;
use crate::server::Server;

/// Longest message from a client, in bytes. A longer one is passed over.
const LONGEST_MESSAGE: usize = 4 << 20;

/// Serves the program that started this one, over standard input and output, until the input ends; requests that were
/// read by then are answered first. Nothing else may be written to standard output meanwhile.
///
/// What is no JSON is passed over, as the protocol's other servers do.
///
/// # Errors
/// [`McpError::Handshake`] where the client does not begin as the protocol has it.
pub async fn serve_stdio(backend: Arc<dyn Backend>) -> Result<(), McpError> {
    let (input, output) = stdio_pipes();
    serve(backend, input, output).await
}

/// The same over any two byte streams: of a socket, say.
///
/// # Errors
/// As [`serve_stdio`].
pub async fn serve<R, W>(backend: Arc<dyn Backend>, input: R, output: W) -> Result<(), McpError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let transport = AsyncRwTransport::new_server(input, output).with_max_line_length(LONGEST_MESSAGE);
    let session = match Server::new(backend).serve(Drain::new(transport)).await {
        Ok(session) => session,
        // A client that goes before it has begun is none.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(McpError::Handshake(Box::new(error))),
    };
    match session.waiting().await {
        Ok(QuitReason::JoinError(error)) | Err(error) => Err(McpError::Session(error)),
        Ok(_) => Ok(()),
    }
}
