//! Other programs: run without a shell, for a limited time, and not left behind.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use crate::sources::error::SourceError;

/// More than this is not kept of what a program prints.
const MAX_STDOUT: usize = 64 << 20;
const MAX_STDERR: usize = 256 << 10;
/// How much of the end of stderr an error has.
const STDERR_LINES: usize = 12;
const STDERR_LINE_CHARS: usize = 400;

/// A program that may be missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// How to get it, as the end of a sentence.
    pub(crate) advice: &'static str,
}

/// What a program printed before it ended, well or not.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) command: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// What it printed, if it ended well.
    pub(crate) fn success(self) -> Result<String, SourceError> {
        if self.status.success() { Ok(self.stdout) } else { Err(self.failure()) }
    }

    pub(crate) fn failure(&self) -> SourceError {
        SourceError::ProgramFailed {
            command: self.command.clone(),
            status: self.status.to_string(),
            stderr: last_lines(&self.stderr),
        }
    }

    pub(crate) fn unexpected(&self, problem: impl Into<String>) -> SourceError {
        SourceError::ProgramOutput { command: self.command.clone(), problem: problem.into() }
    }
}

impl Program {
    /// A command in a folder, without anyone who could answer questions.
    pub(crate) fn command(self, folder: &Path) -> Command {
        // On Windows npm and mix are batch files, which are only found with their ending.
        let name = match self.name {
            "npm" if cfg!(windows) => "npm.cmd",
            "mix" if cfg!(windows) => "mix.bat",
            name => name,
        };
        let mut command = Command::new(name);
        command
            .current_dir(folder)
            .env("NO_COLOR", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GCM_INTERACTIVE", "never")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // What it starts itself is ended with it.
        #[cfg(unix)]
        command.process_group(0);
        command
    }

    /// Runs the command to its end, or ends it after `limit`. It is ended as well if the future is dropped.
    pub(crate) async fn run(self, mut command: Command, limit: Duration) -> Result<Output, SourceError> {
        let shown = shown(self.name, &command);
        let child = command.spawn().map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => {
                SourceError::ProgramMissing { program: self.name.to_owned(), advice: self.advice }
            }
            _ => SourceError::Io { action: "run", path: self.name.into(), source },
        })?;
        let mut group = Group::new(child);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let (out, err) = (group.child.stdout.take(), group.child.stderr.take());
        let work = async {
            let status = async {
                let status = group.child.wait().await;
                // A program that it left behind may hold the pipes open for ever.
                group.end();
                status
            };
            tokio::join!(status, collect(out, &mut stdout, MAX_STDOUT), collect(err, &mut stderr, MAX_STDERR)).0
        };
        let ended = tokio::time::timeout(limit, work).await;
        group.end();
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        let Ok(status) = ended else {
            let stderr = last_lines(&stderr);
            return Err(SourceError::ProgramTooSlow { command: shown, seconds: limit.as_secs(), stderr });
        };
        let status = status.map_err(|source| SourceError::Io { action: "run", path: self.name.into(), source })?;
        Ok(Output { command: shown, status, stdout: String::from_utf8_lossy(&stdout).into_owned(), stderr })
    }
}

/// A child with all that it started, ended on drop.
struct Group {
    child: Child,
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

impl Group {
    fn new(child: Child) -> Self {
        #[cfg(unix)]
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        Self {
            child,
            #[cfg(unix)]
            id,
        }
    }

    fn end(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.id.take() {
            // It fails where nothing is left, which is as good.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
        #[cfg(not(unix))]
        let _ = self.child.start_kill();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reads to the end and keeps the first half and the last half of `keep` bytes.
async fn collect(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>, keep: usize) {
    let Some(mut from) = from else { return };
    let mut buffer = vec![0; 16 << 10];
    // An error of the pipe is its end; what matters is the exit status.
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        into.extend_from_slice(&buffer[..read]);
        if into.len() > keep {
            let surplus = into.len() - keep;
            into.drain(keep / 2..keep / 2 + surplus);
        }
    }
}

/// The command as an error has it.
fn shown(name: &str, command: &Command) -> String {
    let mut shown = name.to_owned();
    for argument in command.as_std().get_args() {
        let argument = without_credentials(&argument.to_string_lossy());
        shown.push(' ');
        // Whole scripts tell nobody anything.
        shown.push_str(if argument.contains('\n') { "…" } else { &argument });
    }
    shown
}

/// An address without user and password; any other text as it is.
pub(crate) fn without_credentials(text: &str) -> String {
    if let Some((scheme, rest)) = text.split_once("://") {
        let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        if let Some(at) = host.rfind('@') {
            return format!("{scheme}://{}", &rest[at + 1..]);
        }
    }
    text.to_owned()
}

/// The end of what a program printed, without its colours.
fn last_lines(text: &str) -> String {
    let text = without_escapes(text);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(STDERR_LINES)..].iter().map(|line| {
        let words: Vec<String> = line.split(' ').map(without_credentials).collect();
        words.join(" ").chars().take(STDERR_LINE_CHARS).collect::<String>()
    });
    last.collect::<Vec<_>>().join("\n")
}

fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.next_if_eq(&'[').is_some() {
            while chars.next_if(|c| !c.is_ascii_alphabetic()).is_some() {}
            chars.next();
        } else if c == '\r' || c == '\n' {
            plain.push('\n');
        } else if !c.is_control() || c == '\t' {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn program(name: &'static str) -> Program {
        Program { name, advice: "get it" }
    }

    #[cfg(unix)]
    async fn shell(script: &str, limit: Duration) -> Result<Output, SourceError> {
        let sh = program("sh");
        let mut command = sh.command(Path::new("/"));
        command.args(["-c", script]);
        sh.run(command, limit).await
    }

    #[tokio::test]
    async fn a_missing_program_says_how_to_get_it() {
        let missing = program("no-such-program-zen");
        let error = missing.run(missing.command(Path::new(".")), Duration::from_secs(1)).await.expect_err("missing");
        assert_eq!(error.to_string(), "'no-such-program-zen' is not on this machine or not in PATH; get it");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn output_and_errors_are_kept() {
        let output = shell("echo out; echo err >&2", Duration::from_secs(10)).await.expect("run");
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "err\n"));
        let failed = shell(
            "for i in $(seq 100); do printf '\\033[31mline %s\\033[0m\\n' $i >&2; done; exit 3",
            Duration::from_secs(10),
        );
        let error = failed.await.expect("run").success().expect_err("failed").to_string();
        assert!(error.contains("exit status: 3") && error.ends_with("\nline 100"), "{error}");
        assert!(!error.contains("line 80\n"), "{error}");
        let output = shell("yes line | head -c 1000000 >&2", Duration::from_secs(10)).await.expect("run");
        assert!(output.stderr.len() <= MAX_STDERR);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_slow_program_is_ended_with_all_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = folder.path().join("mark");
        let script = format!("(sleep 2; touch '{}') & echo waiting >&2; wait", mark.display());
        let began = Instant::now();
        let error = shell(&script, Duration::from_millis(300)).await.expect_err("too slow").to_string();
        assert!(error.contains("waiting") && began.elapsed() < Duration::from_secs(2), "{error}");
        // The same when nobody waits any more.
        let dropped = tokio::time::timeout(Duration::from_millis(300), shell(&script, Duration::from_secs(60))).await;
        assert!(dropped.is_err());
        tokio::time::sleep(Duration::from_millis(2500)).await;
        assert!(!mark.exists(), "a child lived on");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_a_program_leaves_behind_holds_nobody_up() {
        let began = Instant::now();
        let output = shell("sleep 30 & echo done", Duration::from_secs(20)).await.expect("run");
        assert_eq!(output.stdout, "done\n");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn credentials_are_not_shown() {
        assert_eq!(without_credentials("https://user:secret@host/x@y"), "https://host/x@y");
        assert_eq!(without_credentials("https://host/@scope/name"), "https://host/@scope/name");
        assert_eq!(without_credentials("name@1.0.0"), "name@1.0.0");
        assert_eq!(last_lines("fatal: 'https://u:p@h/x' not found"), "fatal: 'https://h/x' not found");
    }
}
