//! A Postfix of the test's own: its configuration, queue and log are in one temporary folder, and it listens on a free port of
//! the loopback address. The system's Postfix is neither read nor changed.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// User and group of the mailboxes: `nobody`, who owns nothing else.
const MAILBOX_OWNER: u32 = 65_534;

/// A running Postfix; it ends when this is dropped.
pub(crate) struct Postfix {
    folder: TempDir,
    pub(crate) port: u16,
}

/// The services that taking, delivering and returning a mail needs.
const SERVICES: &str = "\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

impl Postfix {
    /// Starts it with maildirs for addresses; other addresses of their domains are accepted and bounce.
    pub(crate) fn start(boxes: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "queue", "data", "mail", "log"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        chown(root.join("data"), Some(id_of("postfix")), None).unwrap();
        chown(root.join("mail"), Some(MAILBOX_OWNER), Some(MAILBOX_OWNER)).unwrap();
        let port = free_port();
        let write = |name: &str, text: String| std::fs::write(root.join("etc").join(name), text).unwrap();
        write("main.cf", main_cf(root, boxes));
        write("master.cf", format!("127.0.0.1:{port} inet n - n - - smtpd\n{SERVICES}"));
        let lines: Vec<String> = boxes.iter().map(|(address, name)| format!("{address} {name}/\n")).collect();
        write("boxes", lines.concat());
        let postfix = Self { folder, port };
        let started = postfix.command("start");
        assert!(started, "Postfix does not start; it has to be run as root\n{}", postfix.log());
        postfix.wait(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        postfix
    }

    /// The folder of a maildir.
    pub(crate) fn maildir(&self, name: &str) -> PathBuf {
        self.folder.path().join("mail").join(name)
    }

    /// The new mails of a maildir.
    pub(crate) fn mails(&self, name: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.maildir(name).join("new")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Waits until something is so, and shows the log if it never is.
    pub(crate) fn wait(&self, done: impl Fn() -> bool) {
        let began = Instant::now();
        while !done() {
            assert!(began.elapsed() < Duration::from_mins(1), "Postfix took too long\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log/postfix.log")).unwrap_or_default()
    }

    fn command(&self, word: &str) -> bool {
        let done = Command::new("postfix").arg("-c").arg(self.folder.path().join("etc")).arg(word).status();
        done.is_ok_and(|status| status.success())
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.command("abort");
    }
}

fn main_cf(root: &Path, boxes: &[(&str, &str)]) -> String {
    let mut domains: Vec<&str> =
        boxes.iter().map(|(address, _)| address.split_once('@').unwrap().1).collect();
    domains.sort_unstable();
    domains.dedup();
    let (root, domains) = (root.display(), domains.join(", "));
    format!(
        "compatibility_level = 3.6\nqueue_directory = {root}/queue\ndata_directory = {root}/data\n\
         mail_owner = postfix\nsetgid_group = postdrop\nmyhostname = mx.haoda.example\nmydestination =\n\
         inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 127.0.0.0/8\nalias_maps =\n\
         recipient_delimiter = +\nsmtpd_peername_lookup = no\n\
         smtpd_relay_restrictions = permit_mynetworks, reject\nsmtpd_reject_unlisted_recipient = no\n\
         virtual_mailbox_domains = {domains}\nvirtual_mailbox_base = {root}/mail\n\
         virtual_mailbox_maps = texthash:{root}/etc/boxes\nvirtual_uid_maps = static:{MAILBOX_OWNER}\n\
         virtual_gid_maps = static:{MAILBOX_OWNER}\nmaillog_file = {root}/log/postfix.log\n\
         maillog_file_prefixes = {root}/log\n"
    )
}

/// The number of a user.
fn id_of(user: &str) -> u32 {
    let told = Command::new("id").args(["-u", user]).output().unwrap();
    String::from_utf8(told.stdout)
        .unwrap()
        .trim()
        .parse()
        .expect("Postfix is not installed; tests/run does it")
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
