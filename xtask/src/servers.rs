//! Private servers for the tests: PostgreSQL, PgBouncer in front of it, and S3.
//!
//! Each runs below a shell that waits for the end of its input and then stops the server and removes its folder. The
//! input ends when this program does, in whatever way.

use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::run::{Result, check, install, is_root, output};

const START_LIMIT: Duration = Duration::from_secs(60);

/// The servers; dropped, they stop.
pub(crate) struct Servers {
    running: Vec<Server>,
    /// What the tests need to know of them, as environment variables.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// What could not be started, though the tests can do without.
    pub(crate) missing: Vec<String>,
}

impl Servers {
    /// Starts all of them.
    pub(crate) fn start(python: &Path) -> Result<Self> {
        let mut servers = Self { running: Vec::new(), environment: Vec::new(), missing: Vec::new() };
        let port = servers.start_postgres()?;
        if let Err(error) = servers.start_pgbouncer(port) {
            servers.missing.push(format!("PgBouncer: {error}"));
        }
        servers.start_s3(python)?;
        Ok(servers)
    }

    fn start_postgres(&mut self) -> Result<u16> {
        let bin = postgres_bin()?;
        let folder = Folder::new()?;
        let (data, port) = (folder.path.join("data"), free_port()?);
        let mut initdb = folder.command(&bin.join("initdb"));
        initdb.args(["-U", "quacklake", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]).arg(&data);
        check(initdb.stdout(Stdio::null()), "making a PostgreSQL cluster")?;
        // One role needs a password, to see it refused.
        let hba = data.join("pg_hba.conf");
        let rules = fs::read_to_string(&hba)?;
        fs::write(&hba, format!("host all locked 127.0.0.1/32 scram-sha-256\n{rules}"))?;
        let mut postgres = folder.command(&bin.join("postgres"));
        postgres.arg("-D").arg(&data).args(["-p", &port.to_string(), "-k"]).arg(&folder.path);
        for setting in ["listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", "max_connections=200"] {
            postgres.args(["-c", setting]);
        }
        let server = Server::start("PostgreSQL", postgres, folder, Some(data.join("postmaster.pid")))?;
        let psql = || {
            let mut psql = Command::new(bin.join("psql"));
            psql.args(["-qX", "-h", "127.0.0.1", "-p", &port.to_string(), "-U", "quacklake", "-d", "postgres"]);
            psql
        };
        server.wait_for(|| output(psql().args(["-c", "SELECT 1"])).is_some())?;
        check(psql().args(["-c", "CREATE ROLE locked LOGIN PASSWORD 'right'"]), "making a role")?;
        let path = std::env::var("PATH").unwrap_or_default();
        self.environment.extend([
            ("QUACKLAKE_PG", format!("host=127.0.0.1 port={port} user=quacklake")),
            ("PGHOST", "127.0.0.1".into()),
            ("PGPORT", port.to_string()),
            ("PGUSER", "quacklake".into()),
            // psql of the same version, for whoever makes databases.
            ("PATH", format!("{}:{path}", bin.display())),
        ]);
        self.running.push(server);
        Ok(port)
    }

    fn start_pgbouncer(&mut self, postgres: u16) -> Result<()> {
        let find = || ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].map(PathBuf::from).into_iter().find(|p| p.exists());
        let program = match find() {
            Some(program) => program,
            None => {
                install("pgbouncer", "connections pooled by transaction")?;
                find().ok_or("no program pgbouncer")?
            }
        };
        let (folder, port) = (Folder::new()?, free_port()?);
        let config = folder.path.join("pgbouncer.ini");
        fs::write(
            &config,
            format!(
                "[databases]\n* = host=127.0.0.1 port={postgres} user=quacklake\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
                 ignore_startup_parameters = extra_float_digits\n"
            ),
        )?;
        folder.own()?;
        let mut pgbouncer = folder.command(&program);
        pgbouncer.arg("-q").arg(&config);
        let server = Server::start("PgBouncer", pgbouncer, folder, None)?;
        server.wait_for(|| TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        self.environment.push(("QUACKLAKE_PGBOUNCER", format!("host=127.0.0.1 port={port} user=quacklake")));
        self.running.push(server);
        Ok(())
    }

    fn start_s3(&mut self, python: &Path) -> Result<()> {
        let (folder, port) = (Folder::new()?, free_port()?);
        let mut moto = Command::new(python);
        moto.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        let server = Server::start("the S3 server", moto, folder, None)?;
        server.wait_for(|| TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        let endpoint = format!("http://127.0.0.1:{port}");
        self.environment.extend([
            ("QUACKLAKE_S3_ENDPOINT", endpoint.clone()),
            ("AWS_ENDPOINT_URL_S3", endpoint),
            ("AWS_ACCESS_KEY_ID", "quack".into()),
            ("AWS_SECRET_ACCESS_KEY", "quackquack".into()),
            ("AWS_REGION", "us-east-1".into()),
        ]);
        self.running.push(server);
        Ok(())
    }
}

/// The programs of the newest PostgreSQL, installed if there is none.
fn postgres_bin() -> Result<PathBuf> {
    let newest = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let bins = versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists());
        let number = |bin: &PathBuf| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
        let elsewhere = || output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from);
        bins.max_by_key(number).or_else(elsewhere).filter(|bin| bin.join("initdb").exists())
    };
    if let Some(bin) = newest() {
        return Ok(bin);
    }
    install("postgresql", "a private PostgreSQL server")?;
    newest().ok_or_else(|| "PostgreSQL was installed, but there is no initdb".into())
}

/// A port of the loopback interface that nobody listens on.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A server's own folder, and the user it runs as.
struct Folder {
    path: PathBuf,
    /// Servers refuse to run as the superuser.
    user: Option<&'static str>,
}

impl Folder {
    fn new() -> Result<Self> {
        let path = TempDir::with_prefix("quacklake-")?.keep();
        let known = |user: &&str| output(Command::new("id").args(["-u", user])).is_some();
        let user = if is_root() { ["postgres", "nobody"].into_iter().find(known) } else { None };
        let folder = Self { path, user };
        folder.own()?;
        Ok(folder)
    }

    /// Gives everything in the folder to the user.
    fn own(&self) -> Result<()> {
        let Some(user) = self.user else { return Ok(()) };
        check(Command::new("chown").args(["-R", user]).arg(&self.path), "giving a server its folder")
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.current_dir(&self.path);
        command
    }
}

struct Server {
    name: &'static str,
    keeper: Child,
    log: PathBuf,
}

impl Server {
    /// Starts `command`. A server with a `pid_file` is stopped by an interrupt to the process in it, another by the
    /// end of its process group.
    fn start(name: &'static str, command: Command, folder: Folder, pid_file: Option<PathBuf>) -> Result<Self> {
        const KEEP: &str = r#"
            folder=$1; pid_file=$2; shift 2
            "$@" >"$folder/log" 2>&1 </dev/null &
            cat >/dev/null
            trap "" TERM
            if [ -s "$pid_file" ]; then kill -INT "$(head -n 1 "$pid_file")"; else kill -TERM 0; fi
            wait
            rm -rf "$folder"
        "#;
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEP, name]).arg(&folder.path).arg(pid_file.unwrap_or_default());
        keeper.arg(command.get_program()).args(command.get_args());
        // A group of its own: Ctrl-C ends this program, whose end then stops the server in order.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).current_dir(&folder.path);
        let keeper = keeper.spawn().map_err(|error| format!("starting {name}: {error}"))?;
        Ok(Self { name, keeper, log: folder.path.join("log") })
    }

    fn wait_for(&self, ready: impl Fn() -> bool) -> Result<()> {
        let start = Instant::now();
        while !ready() {
            if start.elapsed() > START_LIMIT {
                let mut log = String::new();
                fs::File::open(&self.log)?.read_to_string(&mut log)?;
                return Err(format!("{} does not start; its log says:\n{log}", self.name).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Nothing is left to do about a keeper that cannot be waited for.
        let _ = self.keeper.wait();
    }
}
