//! The answering service behind its real door on a free port, and a browser without script that talks to it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cam::clock::Clock;
use cam::seal::{Keys, Purpose};
use cam::store::{Db, Tx};
use cam::web::answer::Look;
use cam::web::{Edge, Limits, Parts, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A running service.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) service: Arc<Service>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Site {
    /// Opens the service; it closes its door as soon as it stops.
    pub(crate) async fn open(db: &Db, keys: Keys, clock: Clock, limits: Limits) -> Self {
        let service = Service::new(Parts {
            db: db.clone(),
            clock,
            keys,
            organisation: "Kestrel Tools".into(),
            timezone: "Asia/Shanghai".into(),
            language: "en".into(),
            base_url: "https://s.kestrel.example".into(),
            look: Look::plain().clone(),
        });
        let limits = Limits { leaving: Duration::ZERO, ..limits };
        let edge = Edge::bind("127.0.0.1:0", Arc::clone(&service), limits).await.unwrap();
        let address = edge.address().unwrap();
        let (stop, stopped) = watch::channel(false);
        Self { address, service, stop, serving: tokio::spawn(edge.serve(stopped)) }
    }

    /// Tells it to stop.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops it and waits until it has.
    pub(crate) async fn close(self) {
        self.stop();
        self.serving.await.unwrap().unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"").await
    }

    pub(crate) async fn post(&self, path: &str, fields: &Fields) -> Reply {
        self.send("POST", path, &[("Content-Type", FORM)], encoded(fields).as_bytes()).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        send(self.address, &request(method, path, headers, body)).await.unwrap()
    }

    /// Presses a button of a page's form.
    pub(crate) async fn press(&self, form: &Form, button: &[(&str, &str)]) -> Reply {
        self.post(&form.action, &form.filled(button)).await
    }
}

pub(crate) type Fields = Vec<(String, String)>;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The bytes of a request whose connection ends after it.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: s.kestrel.example\r\nConnection: close\r\n");
    if !body.is_empty() || method == "POST" {
        head.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
    }
    for (name, value) in headers {
        head.extend([*name, ": ", *value, "\r\n"]);
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// Sends bytes and reads the response.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut bytes = Vec::new();
    tokio::time::timeout(Duration::from_secs(40), stream.read_to_end(&mut bytes))
        .await
        .map_err(|_| std::io::Error::other("no response within 40 s"))??;
    Reply::parse(&bytes).ok_or_else(|| std::io::Error::other("the connection ended before the response"))
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Some(Self { status, headers, body: String::from_utf8_lossy(&bytes[end + 4..]).into_owned() })
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// What does not change from one request to the next.
    pub(crate) fn lasting(mut self) -> Self {
        self.headers.remove("x-request-id");
        self.headers.remove("date");
        self
    }

    /// The page's form.
    pub(crate) fn form(&self) -> Form {
        Form::read(&self.body).unwrap_or_else(|| panic!("no form in {} {}", self.status, self.body))
    }

    /// Where the page's links lead.
    pub(crate) fn links(&self) -> Vec<String> {
        let parts = self.body.split("href=\"").skip(1);
        parts.map(|part| unescaped(part.split('"').next().unwrap())).filter(|to| to != "data:,").collect()
    }
}

/// A form as a browser sees it.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) hidden: Fields,
    pub(crate) buttons: Fields,
}

impl Form {
    fn read(html: &str) -> Option<Self> {
        let form = html.split_once("<form ")?.1.split_once("</form>")?.0;
        let tags = |start: &str| -> Fields {
            let pieces = form.split(start).skip(1).map(|piece| piece.split('>').next().unwrap());
            pieces.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?))).collect()
        };
        Some(Self {
            action: attribute(form.split('>').next()?, "action")?,
            hidden: tags("<input type=\"hidden\""),
            buttons: tags("<button "),
        })
    }

    /// The question that it asks.
    pub(crate) fn question(&self) -> &str {
        self.hidden.iter().find(|(name, _)| name == "q").map_or("", |(_, value)| value)
    }

    /// What is sent with a button or with fields.
    pub(crate) fn filled(&self, more: &[(&str, &str)]) -> Fields {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.hidden.iter().cloned().chain(more).collect()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let from = tag.split_once(&format!("{name}=\""))?.1;
    Some(unescaped(from.split('"').next()?))
}

fn unescaped(text: &str) -> String {
    let marks =
        [("&#38;", "&"), ("&amp;", "&"), ("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'")];
    marks.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Fields as a browser sends them.
pub(crate) fn encoded(fields: &Fields) -> String {
    let part = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", part(name), part(value))).collect();
    pairs.join("&")
}

/// Reads values of one column.
pub(crate) async fn column(db: &Db, sql: &str) -> Vec<String> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match db.read().await.unwrap() {
        Tx::Sqlite(mut tx) => sqlx::query_scalar(sql).fetch_all(&mut *tx).await.unwrap(),
        Tx::Postgres(mut tx) => sqlx::query_scalar(sql).fetch_all(&mut *tx).await.unwrap(),
    }
}

/// Runs a statement on the database behind the service's back.
pub(crate) async fn run(db: &Db, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    let done: Result<(), cam::store::StoreError> = db
        .write(move |tx| {
            Box::pin(async move {
                match tx {
                    Tx::Sqlite(tx) => {
                        sqlx::query(sql).execute(&mut **tx).await?;
                    }
                    Tx::Postgres(tx) => {
                        sqlx::query(sql).execute(&mut **tx).await?;
                    }
                }
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

/// Every row of every table as text.
pub(crate) async fn dump(db: &Db) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column, _) in db.shape().await.unwrap() {
        tables.entry(table).or_default().push(column);
    }
    let mut rows = BTreeMap::new();
    for (table, columns) in tables {
        let sql = if matches!(db, Db::Sqlite { .. }) {
            let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
            format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || '|' || "))
        } else {
            format!("SELECT {table}::TEXT FROM {table} ORDER BY 1")
        };
        rows.insert(table, column(db, &sql).await);
    }
    rows
}

/// An id of the database as a condition of its SQL.
pub(crate) fn is(db: &Db, id: Uuid) -> String {
    if matches!(db, Db::Sqlite { .. }) { format!("= x'{}'", id.simple()) } else { format!("= '{id}'") }
}

/// An invited person and their links.
#[derive(Debug, Clone)]
pub(crate) struct Invited {
    pub(crate) id: Uuid,
    pub(crate) person: String,
    pub(crate) token: String,
    pub(crate) stop: String,
}

/// The invited of a wave by their address.
pub(crate) async fn invited(db: &Db, keys: &Keys, wave: &str) -> Vec<Invited> {
    let id =
        if matches!(db, Db::Sqlite { .. }) { "lower(hex(invitation.id))" } else { "invitation.id::TEXT" };
    let rows = column(
        db,
        &format!(
            "SELECT {id} || ' ' || COALESCE(contact.email, employee.email) FROM invitation
               JOIN fielding ON fielding.wave_id = invitation.wave_id
               LEFT JOIN contact ON contact.id = invitation.contact_id
               LEFT JOIN employee ON employee.id = invitation.employee_id
              WHERE fielding.key = '{wave}' ORDER BY COALESCE(contact.email, employee.email)"
        ),
    )
    .await;
    rows.iter()
        .map(|row| {
            let (id, person) = row.split_once(' ').unwrap();
            let id = Uuid::parse_str(id).unwrap();
            Invited {
                id,
                person: person.to_owned(),
                token: keys.token(id, Purpose::Answer, 1),
                stop: keys.token(id, Purpose::Unsubscribe, 1),
            }
        })
        .collect()
}
