//! What keeps a server from starting or ends it.

use std::net::SocketAddr;

/// Why a server could not start, or ended other than by its client's or its owner's will.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum McpError {
    /// The client's first message opens no session, or the answer to it could not be written.
    #[error("the client did not open a session; it has to begin with 'initialize' or 'server/discover'")]
    Handshake(#[source] Box<rmcp::service::ServerInitializeError>),
    /// The task that serves a session died.
    #[error("the session broke off; this is a bug")]
    Session(#[source] tokio::task::JoinError),
    /// No socket at that address.
    #[error("cannot listen on {address}: give another address or port, or end what listens there")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// Everybody in the network could ask, and have packages indexed.
    #[error("{address} can be reached from the network: give a token that clients have to show, or a loopback address")]
    Open {
        /// What was asked for.
        address: SocketAddr,
    },
    /// A text that cannot be sent as a bearer token.
    #[error("the token {problem}; use letters, digits and -._~+/= as RFC 6750 has them, 16 or more")]
    Token {
        /// What is wrong with it. Never the token.
        problem: &'static str,
    },
    /// The socket failed while it was served.
    #[error("serving {address} ended")]
    Serve {
        /// Where.
        address: SocketAddr,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
}
