//! How sessions and calls end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rmcp::model::{CallToolRequestParams, ClientRequest, Request};
use rmcp::service::PeerRequestOptions;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;
use zen_mcp::{McpError, serve};

use crate::client::Client;
use crate::odd::Odd;

#[tokio::test]
async fn a_cancelled_call_is_dropped() {
    let odd = Arc::new(Odd::default());
    let (begun, dropped) = (Arc::clone(&odd.begun), Arc::clone(&odd.dropped));
    let client = Client::of(odd).await;
    let arguments = json!({"spec": "cargo:serde"}).as_object().cloned().expect("an object");
    let request = Request::new(CallToolRequestParams::new("index_package").with_arguments(arguments));
    let call = client
        .session
        .send_cancellable_request(ClientRequest::CallToolRequest(request), PeerRequestOptions::no_options())
        .await
        .expect("sent");
    begun.notified().await;
    call.cancel(Some("enough".into())).await.expect("sent");
    dropped.notified().await;
    client.call("search_symbols", json!({"query": "x"})).await;
}

/// A client that writes what it likes.
struct Bare {
    input: WriteHalf<DuplexStream>,
    output: BufReader<ReadHalf<DuplexStream>>,
    server: JoinHandle<Result<(), McpError>>,
}

impl Bare {
    fn of(backend: Arc<Odd>) -> Self {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (input, output) = tokio::io::split(far);
        let server = tokio::spawn(serve(backend, input, output));
        let (output, input) = tokio::io::split(near);
        Self { input, output: BufReader::new(output), server }
    }

    async fn open(backend: Arc<Odd>) -> Self {
        let mut client = Self::of(backend);
        client.send(&initialize()).await;
        assert_eq!(client.receive().await.expect("an answer")["id"], 0);
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        client
    }

    async fn send(&mut self, message: &Value) {
        self.line(&message.to_string()).await;
    }

    async fn line(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.expect("written");
    }

    async fn receive(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line).await.expect("a line");
        (!line.is_empty()).then(|| serde_json::from_str(&line).expect("JSON"))
    }
}

fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bare", "version": "0"}}})
}

fn call(id: u32, tool: &str, arguments: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
}

// Time is the runtime's own here: a minute passes as soon as nothing else is left to do.
#[tokio::test(start_paused = true)]
async fn what_was_asked_is_answered_after_the_input_ends() {
    let odd = Arc::new(Odd::default());
    let mut client = Bare::open(Arc::clone(&odd)).await;
    client.send(&call(1, "list_packages", &json!({}))).await;
    client.send(&call(2, "search_symbols", &json!({"query": "x"}))).await;
    client.input.shutdown().await.expect("closed");
    assert_eq!(client.receive().await.expect("the quick answer")["id"], 2);
    let slow = client.receive().await.expect("the slow answer");
    assert_eq!((&slow["id"], &slow["result"]["isError"]), (&json!(1), &json!(false)));
    assert!(odd.listed.load(Ordering::SeqCst));
    assert!(client.receive().await.is_none());
    client.server.await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn a_cancelled_call_does_not_hold_the_end() {
    let odd = Arc::new(Odd::default());
    let mut client = Bare::open(Arc::clone(&odd)).await;
    client.send(&call(1, "index_package", &json!({"spec": "cargo:serde"}))).await;
    odd.begun.notified().await;
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})).await;
    client.input.shutdown().await.expect("closed");
    odd.dropped.notified().await;
    assert!(client.receive().await.is_none());
    client.server.await.expect("no panic").expect("a good end");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_ends_its_calls() {
    let odd = Arc::new(Odd::default());
    let mut client = Bare::open(Arc::clone(&odd)).await;
    let mut index = call(1, "index_package", &json!({"spec": "cargo:serde"}));
    index["params"]["_meta"] = json!({"progressToken": 1});
    client.send(&index).await;
    drop((client.input, client.output));
    odd.dropped.notified().await;
    client.server.await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn rubbish_is_survived() {
    let mut client = Bare::open(Arc::new(Odd::default())).await;
    for line in ["{", "nonsense", "", "\u{0}\u{1}", "{\"jsonrpc\": \"2.0\", \"method\": \"notifications/nonsense\"}"] {
        client.line(line).await;
    }
    client.line(&format!("\"{}\"", "x".repeat(5 << 20))).await;
    client.send(&json!({"jsonrpc": "2.0", "id": 7, "method": "no/such/method"})).await;
    let answer = client.receive().await.expect("an answer");
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(-32601)));
    client.send(&call(8, "search_symbols", &json!({"query": "x"}))).await;
    assert_eq!(client.receive().await.expect("an answer")["id"], 8);
}

#[tokio::test]
async fn a_client_that_does_not_begin_is_no_error_and_a_wrong_beginning_is() {
    let mut client = Bare::of(Arc::new(Odd::default()));
    client.input.shutdown().await.expect("closed");
    client.server.await.expect("no panic").expect("a good end");

    let mut client = Bare::of(Arc::new(Odd::default()));
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    let error = client.server.await.expect("no panic").expect_err("no session");
    assert!(error.to_string().contains("has to begin with 'initialize'"), "{error}");
}
