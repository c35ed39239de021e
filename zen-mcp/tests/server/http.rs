//! Over HTTP, byte for byte.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zen_mcp::{HttpOptions, HttpServer, McpError, Token};

use crate::odd::Odd;

const SECRET: &str = "0123456789abcdef";

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<Result<(), McpError>>,
}

async fn served(backend: Arc<Odd>, token: Option<&str>) -> Served {
    let mut options = HttpOptions::default();
    options.address = "127.0.0.1:0".parse().expect("an address");
    options.token = token.map(|token| Token::new(token).expect("a token"));
    let server = HttpServer::bind(options).await.expect("a port");
    let address = server.url().trim_start_matches("http://").trim_end_matches("/mcp").parse().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let done = tokio::spawn(server.serve(backend, async move {
        // A test that is over stops it as well.
        let _ = stopped.await;
    }));
    Served { address, stop, done }
}

/// Sends a request, and gives what there is to read of the answer.
async fn open(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("written");
    stream
}

async fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer)
}

/// A call in the protocol without sessions.
fn call(tool: &str, arguments: &serde_json::Value) -> (String, String) {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": arguments, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "bare", "version": "0"},
            "io.modelcontextprotocol/clientCapabilities": {}}}});
    let headers = format!(
        "Host: localhost\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\n"
    );
    (headers, body.to_string())
}

#[tokio::test]
async fn only_who_may_is_served() {
    let served = served(Arc::new(Odd::default()), Some(SECRET)).await;
    let (good, body) = call("search_symbols", &json!({"query": "x"}));
    let bearer = format!("Authorization: Bearer {SECRET}\r\n");
    let evil = good.replace("Host: localhost", "Host: evil.example");
    for (headers, expected) in [
        (format!("{good}{bearer}"), 200),
        (good.clone(), 401),
        (format!("{good}Authorization: Bearer 0123456789abcdeX\r\n"), 401),
        (format!("{evil}{bearer}"), 403),
        (format!("{good}{bearer}Origin: http://evil.example\r\n"), 403),
        (format!("{good}{bearer}Origin: null\r\n"), 403),
        (format!("{good}{bearer}Origin: http://localhost:3000\r\n"), 403),
    ] {
        let (status, text) = answer(open(served.address, "POST", "/mcp", &headers, &body).await).await;
        assert_eq!(status, expected, "{headers}\n{text}");
    }
    let headers = format!("{good}{bearer}");
    assert_eq!(answer(open(served.address, "POST", "/", &headers, &body).await).await.0, 404);
    assert_eq!(answer(open(served.address, "POST", "/mcp", &headers, "{").await).await.0, 415);
    served.stop.send(()).expect("served");
    served.done.await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn a_client_that_hangs_up_cancels_its_call() {
    let odd = Arc::new(Odd::default());
    let served = served(Arc::clone(&odd), None).await;
    let (headers, body) = call("index_package", &json!({"spec": "cargo:serde"}));
    let stream = open(served.address, "POST", "/mcp", &headers, &body).await;
    odd.begun.notified().await;
    drop(stream);
    odd.dropped.notified().await;
}

#[tokio::test]
async fn a_shutdown_waits_for_calls_and_not_for_listeners() {
    let odd = Arc::new(Odd::default());
    let served = served(Arc::clone(&odd), None).await;
    // A session whose client listens for ever.
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bare", "version": "0"}}});
    let stream = open(served.address, "POST", "/mcp", "Host: localhost\r\n", &initialize.to_string()).await;
    let (status, text) = answer(stream).await;
    assert_eq!(status, 200, "{text}");
    let session = text.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).expect("a session").to_owned();
    let headers = format!("Host: localhost\r\nMCP-Protocol-Version: 2025-06-18\r\nMcp-Session-Id: {session}\r\n");
    let listening = open(served.address, "GET", "/mcp", &headers, "").await;
    let listening = tokio::spawn(answer(listening));
    let (headers, body) = call("find_references", &json!({"symbol": "x"}));
    let calling = open(served.address, "POST", "/mcp", &headers, &body).await;
    odd.begun.notified().await;
    served.stop.send(()).expect("served");
    let calling = tokio::spawn(answer(calling));
    // From here on nobody else is let in, and who is in is still answered.
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    odd.released.notify_one();
    let (status, text) = calling.await.expect("no panic");
    assert!(status == 200 && text.contains("\"isError\":false"), "{text}");
    served.done.await.expect("no panic").expect("a good end");
    assert_eq!(listening.await.expect("no panic").0, 200);
}

#[tokio::test]
async fn the_network_needs_a_token() {
    let mut options = HttpOptions::default();
    options.address = "0.0.0.0:0".parse().expect("an address");
    let error = HttpServer::bind(options.clone()).await.expect_err("open to everybody");
    assert!(matches!(error, McpError::Open { .. }), "{error}");
    options.token = Some(Token::new(SECRET).expect("a token"));
    HttpServer::bind(options).await.expect("a port");
}

#[tokio::test]
async fn an_address_in_use_is_said() {
    let served = served(Arc::new(Odd::default()), None).await;
    let mut options = HttpOptions::default();
    options.address = served.address;
    let error = HttpServer::bind(options).await.expect_err("in use");
    assert!(error.to_string().starts_with(&format!("cannot listen on {}", served.address)), "{error}");
}
