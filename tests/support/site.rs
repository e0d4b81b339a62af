//! An installation on which the real program runs: a folder with its files, a database, and processes that are killed.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use cam::clock::Clock;
use cam::store::{Db, Tx};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use uuid::Uuid;

/// How an installation sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending {
    pub(crate) port: u16,
    pub(crate) connections: usize,
    pub(crate) rate_per_minute: u32,
    pub(crate) lease_seconds: u32,
}

/// An installation.
pub(crate) struct Site {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) db: Db,
    /// The server and the name of a database that goes with the site.
    dropped: Option<(String, String)>,
}

/// A `cam worker` that runs.
pub(crate) struct Worker {
    child: Child,
    /// Under which its leases stand.
    pub(crate) owner: Uuid,
}

impl Site {
    /// One on a SQLite file, configured to send.
    pub(crate) async fn on_sqlite(sending: Sending) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("cam.db").display());
        Self::prepare(folder, &url, sending, None).await
    }

    /// One on a new database of the PostgreSQL server that `CAM_TEST_POSTGRES` names; `None` where it is not set.
    pub(crate) async fn on_postgres(sending: Sending) -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "the test runner passes its server by the environment")]
        let Ok(server) = std::env::var("CAM_TEST_POSTGRES") else {
            assert!(std::env::var_os("CI").is_none(), "CI must set CAM_TEST_POSTGRES");
            eprintln!("SKIPPED on PostgreSQL: CAM_TEST_POSTGRES is not set");
            return None;
        };
        let name = format!("cam_{}", Uuid::now_v7().simple());
        run_sql(&server, format!("CREATE DATABASE {name}")).await;
        let url = format!("{server}/{name}");
        Some(Self::prepare(tempfile::tempdir().unwrap(), &url, sending, Some((server, name))).await)
    }

    async fn prepare(
        folder: tempfile::TempDir,
        url: &str,
        sending: Sending,
        dropped: Option<(String, String)>,
    ) -> Self {
        let Sending { port, connections, rate_per_minute, lease_seconds } = sending;
        let key = folder.path().join("cam.key");
        let config = format!(
            "database = \"{url}\"\nkey_file = '{}'\n[organisation]\nname = \"Kestrel Tools\"\ntimezone = \"UTC\"\n\
             currency = \"CNY\"\n[mail]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
             from = \"survey@kestrel.example\"\nconnections = {connections}\nrate_per_minute = {rate_per_minute}\n\
             lease_seconds = {lease_seconds}\n",
            key.display()
        );
        std::fs::write(folder.path().join("cam.toml"), config).unwrap();
        done(&command(folder.path(), &["migrate"]).output().unwrap());
        Self { db: Db::open(url).await.unwrap(), folder, dropped }
    }

    /// Ends the site and removes its database.
    pub(crate) async fn end(self) {
        self.db.close().await;
        if let Some((server, name)) = &self.dropped {
            run_sql(server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }

    /// A `cam` command with the site's configuration.
    pub(crate) fn cam(&self, arguments: &[&str]) -> Command {
        command(self.folder.path(), arguments)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// Brings `people` contacts in, whose addresses are [`address`], and launches the wave `autumn` to them.
    pub(crate) fn launch(&self, people: usize, hold_unknown: bool) {
        self.import(people);
        self.write("wave.toml", &wave_file(hold_unknown));
        done(&self.cam(&["wave", "launch", "wave.toml"]).output().unwrap());
    }

    /// Brings `people` contacts in.
    pub(crate) fn import(&self, people: usize) {
        self.write("accounts.csv", "no,name\nA1,Haoda\n");
        self.write("accounts.toml", ACCOUNTS);
        let rows = (0..people).map(|number| format!("C{number},A1,Person {number},{}\n", address(number)));
        self.write("contacts.csv", &format!("no,account,name,email\n{}", rows.collect::<String>()));
        self.write("contacts.toml", CONTACTS);
        for kind in ["accounts", "contacts"] {
            let (file, map) = (format!("{kind}.csv"), format!("{kind}.toml"));
            done(&self.cam(&["import", kind, &file, "--map", &map]).output().unwrap());
        }
    }

    /// Writes the file of the wave `autumn`.
    pub(crate) fn write_wave(&self) {
        self.write("wave.toml", &wave_file(false));
    }

    /// Starts `cam worker` and waits until it sends.
    pub(crate) fn start(&self) -> Worker {
        let mut child = self.cam(&["worker"]).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            // Read to its end, so that the process never waits for a full pipe.
            for line in log.lines().map_while(Result::ok) {
                let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(owner) = entry["fields"]["owner"].as_str() {
                    let _ = tell.send(owner.parse::<Uuid>().unwrap());
                } else if entry["level"] != "INFO" {
                    eprintln!("worker: {line}");
                }
            }
        });
        let owner = told.recv_timeout(Duration::from_secs(30)).expect("the worker starts");
        Worker { child, owner }
    }

    /// Mails by state, of all owners or of one.
    pub(crate) async fn states(&self, owner: Option<Uuid>) -> BTreeMap<String, i64> {
        const ALL: &str = "SELECT state, COUNT(*) FROM delivery GROUP BY state";
        const SQLITE: &str = "SELECT state, COUNT(*) FROM delivery WHERE lease_owner = ?1 GROUP BY state";
        const POSTGRES: &str = "SELECT state, COUNT(*) FROM delivery WHERE lease_owner = $1 GROUP BY state";
        let rows: Vec<(String, i64)> = match (self.db.read().await.unwrap(), owner) {
            (Tx::Sqlite(mut tx), None) => sqlx::query_as(ALL).fetch_all(&mut *tx).await,
            (Tx::Postgres(mut tx), None) => sqlx::query_as(ALL).fetch_all(&mut *tx).await,
            (Tx::Sqlite(mut tx), Some(owner)) => sqlx::query_as(SQLITE).bind(owner).fetch_all(&mut *tx).await,
            (Tx::Postgres(mut tx), Some(owner)) => {
                sqlx::query_as(POSTGRES).bind(owner).fetch_all(&mut *tx).await
            }
        }
        .unwrap();
        rows.into_iter().collect()
    }

    /// One number out of the database.
    pub(crate) async fn number(&self, query: &'static str) -> i64 {
        match self.db.read().await.unwrap() {
            Tx::Sqlite(mut tx) => sqlx::query_scalar(query).fetch_one(&mut *tx).await,
            Tx::Postgres(mut tx) => sqlx::query_scalar(query).fetch_one(&mut *tx).await,
        }
        .unwrap()
    }

    /// Addresses of the persons whose mail is of unknown fate.
    pub(crate) async fn unknown(&self) -> Vec<String> {
        const UNKNOWN: &str = "SELECT contact.email FROM delivery JOIN invitation ON invitation.id = delivery.invitation_id
                                 JOIN contact ON contact.id = invitation.contact_id WHERE delivery.state = 'unknown'";
        match self.db.read().await.unwrap() {
            Tx::Sqlite(mut tx) => sqlx::query_scalar(UNKNOWN).fetch_all(&mut *tx).await,
            Tx::Postgres(mut tx) => sqlx::query_scalar(UNKNOWN).fetch_all(&mut *tx).await,
        }
        .unwrap()
    }
}

impl Worker {
    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end with SIGTERM and waits until it has.
    pub(crate) async fn end(mut self) -> ExitStatus {
        self.signal("-TERM");
        tokio::task::spawn_blocking(move || self.child.wait().unwrap()).await.unwrap()
    }

    /// Sends it a signal, such as `-STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

/// The address of a contact.
pub(crate) fn address(number: usize) -> String {
    format!("p{number}@haoda.example")
}

/// What a command printed, where it succeeded.
pub(crate) fn done(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

const ACCOUNTS: &str =
    "kind = \"accounts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\nname = \"name\"\n";

const CONTACTS: &str = "kind = \"contacts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\n\
     account = { column = \"account\", scheme = \"crm\" }\nname = \"name\"\nemail = \"email\"\n";

/// A wave that may be sent at any time, and closes in ten days.
fn wave_file(hold_unknown: bool) -> String {
    let today = Clock::System.now().date(&TimeZone::UTC);
    let (closes, delete_after) = (today + 10.days(), today + 400.days());
    let notice = |language: &str| {
        format!(
            "[notice.{language}]\ncontroller = \"c\"\npurpose = \"p\"\nlegal_basis = \"l\"\nmoney = \"m\"\n\
             recipients = \"r\"\nretention = \"t\"\nrights = \"g\"\n"
        )
    };
    format!(
        "key = \"autumn\"\nname = \"Autumn\"\nsurvey = \"customer_satisfaction\"\nmode = \"named\"\ncap_days = 0\n\
         closes = \"{closes}T18:00\"\ndelete_after = \"{delete_after}\"\nhold_unknown = {hold_unknown}\n\
         [audience]\nof = \"contacts\"\n[send]\nfrom = \"00:00\"\nuntil = \"23:59:59\"\n\
         days = [\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\", \"saturday\", \"sunday\"]\n{}{}",
        notice("en"),
        notice("zh-Hans")
    )
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cam"));
    command.args(["--config", "cam.toml"]).args(arguments).current_dir(folder);
    command.stdout(Stdio::piped());
    command
}

async fn run_sql(server: &str, statement: String) {
    let admin = sqlx::PgPool::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&admin).await.unwrap();
    admin.close().await;
}
