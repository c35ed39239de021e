//! Caches as hub clients leave them, and downloads from a small hub of our own.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::*;

/// What the small hub does.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Serves,
    /// Knows nothing.
    Missing,
    /// Takes requests and never answers.
    Silent,
    /// Leads elsewhere without saying where.
    Senseless,
}

struct TestHub {
    endpoint: String,
    /// Requests for a file's content, not only for its size.
    downloads: Arc<AtomicUsize>,
}

impl TestHub {
    fn start(manner: Manner, files: HashMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let downloads = Arc::new(AtomicUsize::new(0));
        let count = downloads.clone();
        let files = Arc::new(files);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (files, count) = (files.clone(), count.clone());
                thread::spawn(move || answer(stream, manner, &files, &count));
            }
        });
        TestHub { endpoint, downloads }
    }
}

fn answer(mut stream: TcpStream, manner: Manner, files: &HashMap<String, Vec<u8>>, downloads: &AtomicUsize) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let file = first.split(' ').nth(1).and_then(|path| path.split("/resolve/main/").nth(1)).unwrap_or_default();
    let range = headers.iter().find_map(|header| header.to_lowercase().strip_prefix("range: bytes=").map(String::from));
    let content = files.get(file).filter(|_| manner == Manner::Serves);
    let reply = match (manner, content, range) {
        (Manner::Silent, ..) => return thread::sleep(Duration::from_secs(30)),
        (Manner::Senseless, ..) => {
            b"HTTP/1.1 302 Found\r\nETag: \"e\"\r\nX-Repo-Commit: c0ffee\r\nContent-Length: 0\r\n\r\n".to_vec()
        }
        (_, Some(content), Some(range)) => {
            let (from, to) = range.split_once('-').unwrap();
            let from: usize = from.parse().unwrap();
            let end = to.parse().map_or(content.len(), |to: usize| (to + 1).min(content.len()));
            if to.is_empty() {
                downloads.fetch_add(1, Ordering::SeqCst);
            }
            let size = content.len();
            let mut reply = format!(
                "HTTP/1.1 206 Partial Content\r\nETag: \"{file}\"\r\nX-Repo-Commit: c0ffee\r\n\
                 Content-Range: bytes {from}-{}/{size}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                end - 1,
                end - from
            )
            .into_bytes();
            reply.extend(&content[from..end]);
            reply
        }
        _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
    };
    let _ = stream.write_all(&reply);
}

/// Contents of a model's files that only downloads look at.
fn contents() -> HashMap<String, Vec<u8>> {
    FILES.iter().map(|file| ((*file).to_string(), file.repeat(20_000).into_bytes())).collect()
}

fn hub_at(endpoint: &str, cache: &Path) -> Hub {
    Hub { endpoint: endpoint.into(), cache: cache.into(), token: None, silence: Duration::from_secs(20) }
}

#[test]
fn a_model_is_downloaded_once() {
    let cache = tempfile::tempdir().unwrap();
    let server = TestHub::start(Manner::Serves, contents());
    assert_eq!(cached(cache.path()), None);
    let reports = Arc::new(Mutex::new(Vec::new()));
    let seen = reports.clone();
    let progress: DownloadProgress = Arc::new(move |done, total| seen.lock().unwrap().push((done, total)));
    let files = hub_at(&server.endpoint, cache.path()).download(Some(progress)).unwrap();
    assert_eq!(fs::read(&files.onnx).unwrap(), contents()["model.onnx"]);
    assert_eq!(fs::read(files.special_tokens.as_ref().unwrap()).unwrap(), contents()["special_tokens_map.json"]);
    let total = contents()["model.onnx"].len() as u64;
    assert_eq!(reports.lock().unwrap().last(), Some(&(total, total)));
    assert_eq!(cached(cache.path()), Some(files));

    let again = hub_at(&server.endpoint, cache.path()).download(None).unwrap();
    assert_eq!(Some(again), cached(cache.path()));
    assert_eq!(server.downloads.load(Ordering::SeqCst), FILES.len());
}

#[test]
fn a_broken_off_download_goes_on() {
    let cache = tempfile::tempdir().unwrap();
    let mut partly = contents();
    partly.remove("model.onnx");
    let server = TestHub::start(Manner::Serves, partly);
    let error = hub_at(&server.endpoint, cache.path()).download(None).unwrap_err();
    assert!(matches!(error, HubError::Api { file: "model.onnx", .. }), "{error}");
    assert_eq!(cached(cache.path()), None);
    let server = TestHub::start(Manner::Serves, contents());
    hub_at(&server.endpoint, cache.path()).download(None).unwrap();
    assert_eq!(server.downloads.load(Ordering::SeqCst), 1);
}

#[test]
fn hubs_that_fail_are_errors() {
    let cache = tempfile::tempdir().unwrap();
    let failure = |manner| {
        let server = TestHub::start(manner, HashMap::new());
        let silence = Duration::from_secs(if manner == Manner::Silent { 1 } else { 20 });
        let hub = Hub { silence, ..hub_at(&server.endpoint, cache.path()) };
        hub.download(None).unwrap_err()
    };
    let missing = failure(Manner::Missing);
    assert!(matches!(missing, HubError::Api { file: "config.json", .. }), "{missing}");
    let silent = failure(Manner::Silent);
    assert!(matches!(silent, HubError::Silent(_)), "{silent}");
    let senseless = failure(Manner::Senseless);
    assert!(matches!(senseless, HubError::Senseless), "{senseless}");
    // Port 9 discards what it gets, where anything listens there at all.
    let nobody = hub_at("http://127.0.0.1:9", cache.path()).download(None).unwrap_err();
    assert!(matches!(nobody, HubError::Api { .. }), "{nobody}");
    let nonsense = hub_at("no address", cache.path()).download(None).unwrap_err();
    assert!(matches!(nonsense, HubError::Api { .. } | HubError::Senseless), "{nonsense}");
}

#[test]
fn caches_are_where_the_variables_say() {
    let of = |vars: &[(&str, &str)]| {
        let vars: HashMap<String, OsString> = vars.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        caches(&|name| vars.get(name).cloned())
    };
    let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
    assert_eq!(of(&[]), paths(&[]));
    assert_eq!(of(&[("HOME", "/h")]), paths(&["/h/.cache/huggingface/hub"]));
    assert_eq!(of(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]), paths(&["/c/huggingface/hub"]));
    assert_eq!(
        of(&[("HOME", "/h"), ("HF_HOME", "/f"), ("FASTEMBED_CACHE_DIR", "/e"), ("HF_HUB_CACHE", "/u")]),
        paths(&["/u", "/f/hub", "/f", "/e"])
    );
    assert_eq!(of(&[("HF_HOME", "/f"), ("HF_HUB_CACHE", "/f/hub")]), paths(&["/f/hub", "/f"]));
}

#[test]
fn every_known_repository_is_found_in_a_cache() {
    for (folder, onnx) in [
        ("models--Qdrant--all-MiniLM-L6-v2-onnx", "model.onnx"),
        ("models--sentence-transformers--all-MiniLM-L6-v2", "onnx/model.onnx"),
    ] {
        let cache = tempfile::tempdir().unwrap();
        let repository = cache.path().join(folder);
        let snapshot = repository.join("snapshots/c0ffee");
        fs::create_dir_all(snapshot.join("onnx")).unwrap();
        fs::create_dir_all(repository.join("refs")).unwrap();
        fs::write(repository.join("refs/main"), "c0ffee").unwrap();
        for file in [onnx, "tokenizer.json", "config.json"] {
            fs::write(snapshot.join(file), "").unwrap();
        }
        assert_eq!(cached(cache.path()), None, "tokenizer_config.json is not there yet");
        fs::write(snapshot.join("tokenizer_config.json"), "").unwrap();
        let files = cached(cache.path()).unwrap();
        assert_eq!(files.onnx, snapshot.join(onnx));
        assert_eq!(files.special_tokens, None);
    }
}
