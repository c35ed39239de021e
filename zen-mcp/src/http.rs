//! Many clients, over streamable HTTP.

mod access;
mod open;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use access::Token;

use crate::backend::Backend;
use crate::error::McpError;
use crate::server::Server;
use open::OpenCalls;

/// The path of the protocol's one endpoint.
const PATH: &str = "/mcp";

/// Where to listen, and to whom.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Address and port; port 0 takes any that is free. By default 127.0.0.1:8420.
    pub address: SocketAddr,
    /// What clients have to show. By default nothing, which only loopback addresses allow.
    pub token: Option<Token>,
    /// Names that clients may call this server by (`Host`), with or without a port, besides loopback names and the address
    /// itself. Whoever is called by another name is reached by a browser whose user knows nothing of it (DNS rebinding).
    pub allowed_hosts: Vec<String>,
    /// Web pages that may ask (`Origin`), as `https://app.example.com:*`. By default none: programs send no origin.
    pub allowed_origins: Vec<String>,
    /// How long a shutdown waits for calls that run. By default 10 seconds.
    pub patience: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8420),
            token: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            patience: Duration::from_secs(10),
        }
    }
}

/// A server that has its address.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
    options: HttpOptions,
}

impl HttpServer {
    /// Takes the address. Clients may connect from now on, and wait until it is served.
    ///
    /// # Errors
    /// [`McpError::Open`] for an address of the network without a token; [`McpError::Bind`].
    pub async fn bind(options: HttpOptions) -> Result<Self, McpError> {
        let address = options.address;
        if options.token.is_none() && !address.ip().is_loopback() {
            return Err(McpError::Open { address });
        }
        let wrong = |source| McpError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        Ok(Self { listener, address, options })
    }

    /// What clients connect to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Serves until `shutdown` is ready. Then no client is let in, calls that run are waited for as long as
    /// [`HttpOptions::patience`] says, and sessions are closed.
    ///
    /// # Errors
    /// [`McpError::Serve`] where the socket fails.
    pub async fn serve(
        self,
        backend: Arc<dyn Backend>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), McpError> {
        let Self { listener, address, options } = self;
        let closing = CancellationToken::new();
        let server = Server::new(backend);
        let service = StreamableHttpService::new(
            move || Ok(server.clone()),
            Arc::new(LocalSessionManager::default()),
            protocol(&options, address, &closing),
        );
        let (open, token) = (OpenCalls::default(), options.token.map(Arc::new));
        let calls = open.clone();
        let guard = move |request: Request, next: Next| {
            let (token, calls) = (token.clone(), calls.clone());
            async move {
                if let Some(token) = token
                    && !token.is_shown_in(request.headers())
                {
                    return access::unauthorized().into_response();
                }
                calls.count(request, next).await
            }
        };
        let app = Router::new().route_service(PATH, service).layer(middleware::from_fn(guard));
        // Dropped with this future, which ends sessions too.
        let _closed = closing.clone().drop_guard();
        let stop = async move {
            shutdown.await;
            tokio::spawn(async move {
                // What takes longer is dropped, and its client hears that the connection broke.
                let _ = tokio::time::timeout(options.patience, open.ended()).await;
                closing.cancel();
            });
        };
        let served = axum::serve(listener, app).with_graceful_shutdown(stop).await;
        served.map_err(|source| McpError::Serve { address, source })
    }
}

/// Serves clients over HTTP at `/mcp` until `shutdown` is ready; see [`HttpServer::bind`] and [`HttpServer::serve`].
///
/// # Errors
/// As of both.
pub async fn serve_http(
    backend: Arc<dyn Backend>,
    options: HttpOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), McpError> {
    HttpServer::bind(options).await?.serve(backend, shutdown).await
}

fn protocol(options: &HttpOptions, address: SocketAddr, closing: &CancellationToken) -> StreamableHttpServerConfig {
    let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    hosts.push(address.ip().to_string());
    hosts.extend(options.allowed_hosts.iter().cloned());
    StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts)
        .with_allowed_origins(&options.allowed_origins)
        .enforce_origin_validation()
        .with_cancellation_token(closing.clone())
}
